(* The constants that ship: digit_layout and distance_layout of variants/timer/slot_arithmetic.hpp.
   The test proof.timer.constants holds the three of them, C++, Coq and SMT, to one another. *)
From Coq Require Import ZArith.
Open Scope Z_scope.

Definition digit_bits : Z := 6.
Definition digit_levels : nat := 11.
Definition distance_bits : Z := 6.
Definition distance_shift : Z := 3.
Definition distance_levels : nat := 21.
