"""The lab: what happens around a measurement, from the doctor to the report on the screen."""
