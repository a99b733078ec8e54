# The explorer at work on the inbox, the counters and the work-stealing deque.
cyclone_test_program(model scenario_tests PLAIN
  SOURCES ../support/suite.cpp ../support/explored.cpp orders.cpp scenario_table.cpp scenarios.cpp
  LIBRARIES cyclone_model cyclone_lab)

foreach(suite explored deque)
  add_test(NAME model.scenarios.${suite} COMMAND scenario_tests "[${suite}]")
  set_tests_properties(model.scenarios.${suite} PROPERTIES
    LABELS "model;scenarios;suite" TIMEOUT 600)
endforeach()
