# What the explorer is compared with, and these oracles against one another.
set(oracles draw.cpp enumerate.cpp enumerate_steps.cpp litmus_table.cpp view_machine.cpp)
cyclone_test_program(model model_oracle_tests
  SOURCES ../support/suite.cpp ${oracles} oracles.cpp
  LIBRARIES cyclone_axioms cyclone_lab)
add_test(NAME model.oracles COMMAND model_oracle_tests)
set_tests_properties(model.oracles PROPERTIES LABELS "model;suite;sanitize" TIMEOUT 600)

# The explorer on small programs: litmus tests, random programs, its own seeded bugs.
cyclone_test_program(model model_litmus_tests PLAIN
  SOURCES ../support/suite.cpp ../support/mutants.cpp ${oracles} litmus_support.cpp litmus.cpp
          differential.cpp agreement.cpp mutants.cpp
  LIBRARIES cyclone_litmus cyclone_lab)
target_compile_definitions(model_litmus_tests PRIVATE
  CYCLONE_VERDICTS="${PROJECT_SOURCE_DIR}/proofs/promela/verdicts.txt")
foreach(suite conformance property mutants)
  add_test(NAME model.explorer.${suite} COMMAND model_litmus_tests "[${suite}]")
  set_tests_properties(model.explorer.${suite} PROPERTIES
    LABELS "model;explorer;${suite}" TIMEOUT 900)
endforeach()
