(* The non-cascading wheel, variants/timer/noncascading_wheel.hpp: when a timer fires that is
   rounded up once, at START, and never moves. For any number M >= 2 of slots a level and any ratio
   R >= 2 of two levels; the last section is the instance that ships: 64 slots, a ratio of 8.

   C++ (slot_arithmetic.hpp)   here
   level_of_distance           level_for
   granule_of                  granule
   rounded_up                  turn *)
From Coq Require Import ZArith Lia List.
From cyclone Require Import constants.
Open Scope Z_scope.

Section Noncascading.

Variable M : Z.
Variable R : Z.
Hypothesis M_ge_2 : 2 <= M.
Hypothesis R_ge_2 : 2 <= R.

Definition granule (l : nat) : Z := R ^ Z.of_nat l.

(* The finest level from l on, among the next n, on which the distance is less than M - 1 slots. *)
Fixpoint level_from (n l : nat) (distance : Z) : nat :=
  match n with
  | O => l
  | S m =>
      if distance <? (M - 1) * granule l then l else level_from m (S l) distance
  end.
Definition level_for (levels : nat) (distance : Z) : nat := level_from levels 0 distance.

(* The first slot of the level that begins at or after the deadline, counted from tick 0. *)
Definition turn (due : Z) (l : nat) : Z := (due + granule l - 1) / granule l.
Definition fires_at (due : Z) (l : nat) : Z := turn due l * granule l.

Lemma granule_pos : forall l, 0 < granule l.
Proof. intros l. apply Z.pow_pos_nonneg; lia. Qed.

Lemma granule_S : forall l, granule (S l) = R * granule l.
Proof. intros l. unfold granule. rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia. reflexivity. Qed.

Lemma level_from_spec : forall n l d, d < (M - 1) * granule (l + n) ->
  (l = 0%nat \/ (M - 1) * granule (l - 1) <= d) ->
  let k := level_from n l d in
  d < (M - 1) * granule k /\ (k = 0%nat \/ (M - 1) * granule (k - 1) <= d) /\ (k <= l + n)%nat.
Proof.
  induction n as [|n IH]; intros l d Hd Hl; cbn zeta; cbn [level_from].
  - rewrite Nat.add_0_r in *. auto.
  - destruct (Z.ltb_spec d ((M - 1) * granule l)) as [H | H].
    + repeat split; auto. lia.
    + specialize (IH (S l) d). cbn zeta in IH.
      replace (S l - 1)%nat with l in IH by lia.
      destruct IH as [H1 [H2 H3]]; auto.
      * replace (S l + n)%nat with (l + S n)%nat by lia. exact Hd.
      * repeat split; auto. lia.
Qed.

(* LEVEL: the finest level that takes the distance: M - 1 slots of it are enough, and M - 1 slots of
   the one below are not. *)
Theorem level_is_the_finest : forall levels distance, distance < (M - 1) * granule levels ->
  let l := level_for levels distance in
  distance < (M - 1) * granule l /\ (l = 0%nat \/ (M - 1) * granule (l - 1) <= distance) /\
  (l <= levels)%nat.
Proof. intros levels d H. apply (level_from_spec levels 0 d); auto. Qed.

(* NEVER EARLY: rounding up. *)
Theorem never_early : forall due l, due <= fires_at due l.
Proof.
  intros due l. unfold fires_at, turn. pose proof (granule_pos l) as G.
  pose proof (Z.mul_succ_div_gt (due + granule l - 1) (granule l) G). nia.
Qed.

(* LATENESS: at most one granule less a tick. *)
Theorem lateness : forall due l, fires_at due l - due <= granule l - 1.
Proof.
  intros due l. unfold fires_at, turn. pose proof (granule_pos l) as G.
  pose proof (Z.mul_div_le (due + granule l - 1) (granule l) G). nia.
Qed.

(* EXACT on the finest level. *)
Theorem finest_is_exact : forall due, fires_at due 0 = due.
Proof.
  intros due. pose proof (never_early due 0). pose proof (lateness due 0).
  change (granule 0) with 1 in *. lia.
Qed.

(* RELATIVE LATENESS: lateness / distance < R / (M - 1), for any timer of any level. *)
Theorem relative_lateness : forall levels now due,
  now < due -> due - now < (M - 1) * granule levels ->
  let l := level_for levels (due - now) in
  (fires_at due l - due) * (M - 1) < R * (due - now).
Proof.
  intros levels now due Hd Hm l. destruct (level_is_the_finest levels (due - now) Hm) as [_ [H _]].
  fold l in H. pose proof (lateness due l) as Late. destruct H as [-> | H].
  - rewrite finest_is_exact. nia.
  - destruct l as [|k].
    + rewrite finest_is_exact. nia.
    + replace (S k - 1)%nat with k in H by lia. rewrite granule_S in Late.
      pose proof (granule_pos k). nia.
Qed.

(* AHEAD: the slot comes up within the next M turns of its level, so never in the turn time is in.
   Turn + M has the same slot number; it is taken on its own turn, since the wheel was there
   already. With M slots a level instead of M - 1 for the distance this would not hold. *)
Theorem turn_ahead : forall now due l, now < due -> due - now < (M - 1) * granule l ->
  1 <= turn due l - now / granule l <= M.
Proof.
  intros now due l Hd Hm. pose proof (granule_pos l) as G. unfold turn.
  pose proof (Z.div_mod now (granule l)). pose proof (Z.mod_pos_bound now (granule l) G).
  split.
  - assert (now / granule l + 1 <= (due + granule l - 1) / granule l); [| lia].
    apply Z.div_le_lower_bound; nia.
  - assert ((due + granule l - 1) / granule l < now / granule l + M + 1); [| lia].
    apply Z.div_lt_upper_bound; nia.
Qed.

(* FIRES ONCE, AT ITS TURN: of all ticks up to fires_at at which the wheel enters the slot of that
   number, only the last is a turn of this timer. *)
Theorem entered_at_its_turn : forall now due l t,
  now < due -> due - now < (M - 1) * granule l -> now < t <= fires_at due l ->
  t mod granule l = 0 -> (t / granule l) mod M = turn due l mod M -> t = fires_at due l.
Proof.
  intros now due l t Hd Hm Ht Hg Hs. pose proof (granule_pos l) as G.
  pose proof (turn_ahead now due l Hd Hm) as A. unfold fires_at in *.
  pose proof (Z.div_mod t (granule l) ltac:(lia)) as Dt. rewrite Hg in Dt.
  set (a := t / granule l) in *. set (u := turn due l) in *.
  assert (Eq : t = a * granule l) by lia. clear Dt Hg.
  assert (La : now / granule l < a).
  { apply Z.div_lt_upper_bound; lia. }
  assert (Ua : a <= u) by nia.
  assert (Q : u - a = 0); [| rewrite Eq; nia].
  pose proof (Z.div_mod a M ltac:(lia)) as Da. pose proof (Z.div_mod u M ltac:(lia)) as Du.
  rewrite Hs in Da. assert (K : u - a = M * (u / M - a / M)) by lia.
  assert (u / M - a / M = 0) by nia. nia.
Qed.

End Noncascading.

(* What ships. *)
Definition ships_granule := granule (2 ^ distance_shift).
Definition ships_level := level_for (2 ^ distance_bits) (2 ^ distance_shift) (distance_levels - 1).
Definition ships_turn := turn (2 ^ distance_shift).

(* Every distance of 63 bits has a level: the last one takes them. *)
Theorem every_distance_has_a_level : forall distance, distance < 2 ^ 63 ->
  (ships_level distance < distance_levels)%nat.
Proof.
  intros d H. unfold ships_level.
  destruct (level_is_the_finest (2 ^ distance_bits) (2 ^ distance_shift)
    (distance_levels - 1) d) as [_ [_ L]].
  - eapply Z.lt_le_trans; [exact H |]. vm_compute. discriminate.
  - unfold distance_levels in *. lia.
Qed.

(* The published figure, for these constants: lateness / distance < 8 / 63. *)
Theorem relative_lateness_8_63 : forall now due, now < due -> due - now < 2 ^ 63 ->
  (fires_at (2 ^ distance_shift) due (ships_level (due - now)) - due) * 63 < 8 * (due - now).
Proof.
  intros now due Hd Hm.
  apply (relative_lateness (2 ^ distance_bits) (2 ^ distance_shift)); try exact Hd.
  1, 2: vm_compute; discriminate.
  eapply Z.lt_le_trans; [exact Hm |]. vm_compute. discriminate.
Qed.
