# Histories, the search for an order, the queue monitor and the recorder: apart from the explorer's
# tests, because they run on real threads and the explorer takes over operator new.
cyclone_test_program(model history_tests
  SOURCES ../support/suite.cpp ../support/mutants.cpp histories.cpp history_checks.cpp
          history_mutants.cpp linearize.cpp monitor.cpp recorder.cpp
  LIBRARIES cyclone_history cyclone_lab)

foreach(suite conformance property stress)
  add_test(NAME model.history.${suite} COMMAND history_tests "[${suite}]")
  set_tests_properties(model.history.${suite} PROPERTIES
    LABELS "model;history;${suite};sanitize" TIMEOUT 600)
endforeach()
set_property(TEST model.history.stress APPEND PROPERTY LABELS threads)
add_test(NAME model.history.mutants COMMAND history_tests "[mutants]")
set_tests_properties(model.history.mutants PROPERTIES LABELS "model;history;mutants" TIMEOUT 600)
