(* The hierarchical wheel with the constants that ship, variants/timer/slot_arithmetic.hpp, and what
   the theorems assume, printed: "Closed under the global context" is nothing. *)
From Coq Require Import ZArith Lia List Bool Sorted.
From cyclone Require Import constants digits lists hierarchical_wheel hierarchical_theorems
  hierarchical_advance.
From cyclone Require noncascading_wheel.
Import ListNotations.
Open Scope Z_scope.

#[global] Instance ships : params.
Proof.
  refine {| B := 2 ^ digit_bits; L := digit_levels |};
    [vm_compute; discriminate | unfold digit_levels; lia].
Defined.

(* Every tick of the contract, 0 to 2^63 - 1, has a place. *)
Theorem time_fits : 2 ^ 63 <= top B L.
Proof. vm_compute. discriminate. Qed.

(* What the C++ computes is the level of the theorems. *)
Theorem level_of_difference : forall d c, 0 <= d < 2 ^ 63 -> 0 <= c < 2 ^ 63 -> d <> c ->
  Z.of_nat (level B L d c) = Z.log2 (Z.lxor d c) / digit_bits.
Proof.
  intros d c Hd Hc N. pose proof time_fits.
  apply (level_is_bit_width digit_bits L); auto; [reflexivity | |];
    change (2 ^ digit_bits) with B; lia.
Qed.

(* The theorems speak of something: three timers, started at tick 4095 across the boundaries of two
   wheels, two of them for the same tick; a step to that tick; a step by which all are done. *)
Definition example : wheel :=
  fold_left start [Timer 1 4160; Timer 2 4097; Timer 3 4160; Timer 4 300000] (empty 4095).

Example example_is_placed : map (fun p => (id (what p), lev p, slot p)) (held example)
  = [(1, 2, 1%Z); (2, 2, 1%Z); (3, 2, 1%Z); (4, 3, 1%Z)]%nat.
Proof. vm_compute. reflexivity. Qed.

Example example_fires :
  map id (snd (advance example 4160)) = [2; 1; 3]%nat /\
  map id (snd (advance example 4159)) = [2]%nat /\
  map id (snd (advance (fst (advance example 4159)) 300000)) = [1; 3; 4]%nat.
Proof. vm_compute. auto. Qed.

(* All theorems in one tuple, so that what they assume is asked for once. The test compares the
   names with the theorems that there are. *)
Definition theorems :=
  (@invariant_initially,
   @invariant_preserved,
   @no_lap_aliasing,
   @cascade_lowers,
   @next_is_a_lower_bound,
   @next_is_never_when_empty,
   @next_makes_progress,
   @work_is_bounded,
   @never_early,
   @never_late,
   @none_overdue,
   @never_lost,
   @started_is_not_lost,
   @exactly_once,
   @cancel_exact,
   @stop_is_exact,
   @rearm_exact,
   @advance_correct,
   @fifo,
   @multi_tick,
   @same_future,
   @level_bound,
   @level_is_bit_width,
   @time_fits,
   @level_of_difference,
   @noncascading_wheel.level_is_the_finest,
   @noncascading_wheel.never_early,
   @noncascading_wheel.lateness,
   @noncascading_wheel.finest_is_exact,
   @noncascading_wheel.relative_lateness,
   @noncascading_wheel.turn_ahead,
   @noncascading_wheel.entered_at_its_turn,
   @noncascading_wheel.every_distance_has_a_level,
   @noncascading_wheel.relative_lateness_8_63).

Print Assumptions theorems.
