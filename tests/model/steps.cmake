# The second engine, the progress classifier and the coherence counter: on fibers like the explorer,
# and apart from it.
cyclone_test_program(model steps_tests
  SOURCES stepped.cpp interleave.cpp interleave_bugs.cpp progress.cpp coherence.cpp
  LIBRARIES cyclone_steps)

foreach(suite stepped interleave progress coherence)
  add_test(NAME model.steps.${suite} COMMAND steps_tests "[${suite}]")
  set_tests_properties(model.steps.${suite} PROPERTIES
    LABELS "model;steps;suite;sanitize" TIMEOUT 600)
endforeach()
