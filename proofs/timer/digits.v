(* Base-B digits of a tick, and the level at which a timer sits: the arithmetic of
   variants/timer/hierarchical_wheel.hpp (digit, level_of), for any base B >= 2 and any number L of
   wheels. Nothing here knows that B is a power of two, except the last section, which shows that
   the bit tricks of the C++ compute the same level. *)
From Coq Require Import ZArith Lia List Bool.
Open Scope Z_scope.

Section Digits.

Variable B : Z.
Variable L : nat.
Hypothesis B_ge_2 : 2 <= B.

Definition pow (l : nat) : Z := B ^ Z.of_nat l.

(* The first tick that no wheel can hold. *)
Definition top : Z := pow L.

Definition digit (t : Z) (l : nat) : Z := (t / pow l) mod B.

(* Two ticks agree from level n on: the digits n, n + 1, ... are the same. *)
Definition agree (n : nat) (d c : Z) : Prop := d / pow n = c / pow n.

(* The highest level below n at which the digits differ; 0 if they differ nowhere. *)
Fixpoint level_below (n : nat) (d c : Z) : nat :=
  match n with
  | O => O
  | S m => if d / pow m =? c / pow m then level_below m d c else m
  end.

Definition level (d c : Z) : nat := level_below L d c.

(* The tick at which the slot of a timer is entered: its deadline, the digits below cleared. *)
Definition slot_start (d : Z) (l : nat) : Z := d / pow l * pow l.

Lemma pow_pos : forall l, 0 < pow l.
Proof. intros l. apply Z.pow_pos_nonneg; lia. Qed.

Lemma pow_0 : pow 0 = 1.
Proof. reflexivity. Qed.

Lemma pow_S : forall l, pow (S l) = pow l * B.
Proof.
  intros l. unfold pow. rewrite Nat2Z.inj_succ, Z.pow_succ_r by lia. ring.
Qed.

Lemma div_S : forall t l, t / pow (S l) = t / pow l / B.
Proof.
  intros t l. rewrite pow_S. rewrite Z.div_div; pose proof (pow_pos l); lia.
Qed.

Lemma agree_up : forall n m d c, agree n d c -> (n <= m)%nat -> agree m d c.
Proof.
  intros n m d c H Hle. induction Hle as [|m Hle IH]; auto.
  unfold agree in *. rewrite !div_S, IH. reflexivity.
Qed.

Lemma agree_top : forall d c, 0 <= d < top -> 0 <= c < top -> agree L d c.
Proof.
  intros d c Hd Hc. unfold agree, top in *. rewrite !Z.div_small; auto.
Qed.

Lemma below_spec : forall n d c, agree n d c ->
  agree (S (level_below n d c)) d c /\
  (level_below n d c = 0%nat \/ ~ agree (level_below n d c) d c).
Proof.
  induction n as [|n IH]; intros d c H; cbn [level_below].
  - split; [apply (agree_up 0); auto | auto].
  - destruct (d / pow n =? c / pow n) eqn:E.
    + apply Z.eqb_eq in E. apply IH. exact E.
    + apply Z.eqb_neq in E. split; auto.
Qed.

(* What the level means, for ticks that the wheels can hold. *)
Lemma level_spec : forall d c, 0 <= d < top -> 0 <= c < top ->
  agree (S (level d c)) d c /\ (level d c = 0%nat \/ ~ agree (level d c) d c).
Proof. intros. apply below_spec, agree_top; auto. Qed.

(* Nothing else has that meaning. *)
Lemma level_unique : forall d c l, 0 <= d < top -> 0 <= c < top ->
  agree (S l) d c -> (l = 0%nat \/ ~ agree l d c) -> level d c = l.
Proof.
  intros d c l Hd Hc Hup Hlow. destruct (level_spec d c Hd Hc) as [Gup Glow].
  destruct (Nat.lt_trichotomy (level d c) l) as [H | [H | H]]; auto; exfalso.
  - destruct Hlow as [-> | Hlow]; [lia |]. apply Hlow. apply (agree_up (S (level d c))); auto.
  - destruct Glow as [G | Glow]; [lia |]. apply Glow. apply (agree_up (S l)); auto.
Qed.

(* Every tick has a place: the level is one of the L wheels. *)
Theorem level_bound : forall d c, (0 < L)%nat -> (level d c < L)%nat.
Proof.
  assert (H : forall n d c, (level_below n d c < n \/ n = 0)%nat).
  { induction n as [|n IH]; intros d c; cbn [level_below]; auto.
    destruct (d / pow n =? c / pow n); [destruct (IH d c); [lia | subst n; cbn; lia] | lia]. }
  intros d c HL. unfold level. destruct (H L d c); lia.
Qed.

Lemma slot_start_le : forall d l, slot_start d l <= d.
Proof. intros d l. unfold slot_start. pose proof (Z.mul_div_le d (pow l) (pow_pos l)). lia. Qed.

Lemma slot_start_0 : forall d, slot_start d 0 = d.
Proof. intros d. unfold slot_start. rewrite pow_0, Z.div_1_r. lia. Qed.

Lemma div_lt_start : forall c d l, c < slot_start d l <-> c / pow l < d / pow l.
Proof.
  intros c d l. unfold slot_start. pose proof (pow_pos l) as P. split; intros H.
  - apply Z.div_lt_upper_bound; lia.
  - pose proof (Z.mul_succ_div_gt c (pow l) P). nia.
Qed.

Lemma div_start : forall d l, slot_start d l / pow l = d / pow l.
Proof. intros d l. unfold slot_start. apply Z.div_mul. pose proof (pow_pos l). lia. Qed.

(* A slot begins after the cursor, and not after the deadlines in it. *)
Lemma start_ahead : forall d c, 0 <= c -> c < d -> d < top ->
  c < slot_start d (level d c).
Proof.
  intros d c H0 Hcd Hd. destruct (level_spec d c) as [_ [E | N]]; try lia.
  - rewrite E, slot_start_0. lia.
  - apply div_lt_start. pose proof (pow_pos (level d c)) as P.
    pose proof (Z.div_le_mono c d _ P). unfold agree in N. lia.
Qed.

(* A cursor that moves, but does not enter the slot, leaves the level as it was. *)
Lemma level_stays : forall d c c', 0 <= c -> c <= c' -> c' < slot_start d (level d c) ->
  c < d -> d < top -> level d c' = level d c.
Proof.
  intros d c c' H0 Hc Hs Hcd Hd. pose proof (slot_start_le d (level d c)) as Hle.
  destruct (level_spec d c) as [Up Low]; try lia. apply level_unique; try lia.
  - unfold agree in *. pose proof (pow_pos (S (level d c))) as P.
    pose proof (Z.div_le_mono c c' _ P). pose proof (Z.div_le_mono c' d _ P). lia.
  - right. unfold agree. apply div_lt_start in Hs. lia.
Qed.

(* Entering a slot of a wheel above the finest brings the timer to a strictly finer one. *)
Lemma level_falls : forall d c l, 0 <= c < top -> 0 <= d < top -> (0 < l)%nat ->
  agree l d c -> (level d c < l)%nat.
Proof.
  intros d c l Hc Hd Hl Ha. destruct (level_spec d c Hd Hc) as [_ [E | N]]; [lia |].
  destruct (Nat.lt_ge_cases (level d c) l) as [| G]; auto.
  exfalso. apply N. apply (agree_up l); auto.
Qed.

(* The slots of a finer wheel all come up before those of a coarser one. *)
Lemma finer_first : forall d e c, 0 <= c -> c < d < top -> c < e < top ->
  (level d c < level e c)%nat -> d < slot_start e (level e c).
Proof.
  intros d e c H0 Hd He Hl. apply div_lt_start.
  destruct (level_spec d c) as [Up _]; try lia.
  destruct (level_spec e c) as [_ [E | N]]; try lia.
  assert (A : agree (level e c) d c) by (apply (agree_up _ _ _ _ Up); lia).
  unfold agree in *. rewrite A. pose proof (pow_pos (level e c)) as P.
  pose proof (Z.div_le_mono c e _ P). lia.
Qed.

(* Where a slot number says the slot begins, seen from the cursor: base | slot << shift. *)
Lemma start_from_cursor : forall d c l, agree (S l) d c ->
  slot_start d l = c / pow (S l) * pow (S l) + digit d l * pow l.
Proof.
  intros d c l H. unfold agree in H. rewrite <- H. unfold slot_start, digit.
  rewrite pow_S at 2. rewrite div_S.
  pose proof (Z.div_mod (d / pow l) B). nia.
Qed.

(* On its wheel a timer is 1 to B - 1 slots ahead of the cursor. *)
Lemma slot_distance : forall d c, 0 <= c -> c < d -> d < top ->
  1 <= digit d (level d c) - digit c (level d c) <= B - 1.
Proof.
  intros d c H0 Hcd Hd. pose proof (start_ahead d c H0 Hcd Hd) as S.
  apply div_lt_start in S. destruct (level_spec d c) as [Up _]; try lia.
  unfold agree in Up. rewrite !div_S in Up. unfold digit.
  set (x := d / pow (level d c)) in *. set (y := c / pow (level d c)) in *.
  pose proof (Z.div_mod x B). pose proof (Z.div_mod y B).
  pose proof (Z.mod_pos_bound x B). pose proof (Z.mod_pos_bound y B). nia.
Qed.

(* On the finest wheel, slot and cursor name the tick. *)
Lemma finest_is_exact : forall d c, agree 1 d c -> digit d 0 = digit c 0 -> d = c.
Proof.
  intros d c A E. unfold agree, digit in *. rewrite !div_S in A.
  rewrite pow_0, !Z.div_1_r in *.
  pose proof (Z.div_mod d B). pose proof (Z.div_mod c B). nia.
Qed.

Lemma level_same : forall c, 0 <= c < top -> level c c = 0%nat.
Proof. intros c H. apply level_unique; auto. reflexivity. Qed.

End Digits.

(* For B = 2^k, the level is what the C++ computes: (bit_width(d xor c) - 1) / k. *)
Section Bits.

Variable k : Z.
Variable L : nat.
Hypothesis k_pos : 0 < k.

Let B := 2 ^ k.

Lemma B_bits : 2 <= B.
Proof. unfold B. change 2 with (2 ^ 1) at 1. apply Z.pow_le_mono_r; lia. Qed.

Lemma pow_bits : forall l, pow B l = 2 ^ (Z.of_nat l * k).
Proof.
  intros l. unfold pow, B. rewrite <- Z.pow_mul_r by lia. f_equal. lia.
Qed.

Lemma agree_bits : forall l d c, 0 <= d -> 0 <= c ->
  agree B l d c <-> Z.lxor d c < 2 ^ (Z.of_nat l * k).
Proof.
  intros l d c Hd Hc. unfold agree. rewrite pow_bits. rewrite <- !Z.shiftr_div_pow2 by nia.
  rewrite <- Z.lxor_eq_0_iff, <- Z.shiftr_lxor, Z.shiftr_div_pow2 by nia.
  assert (X : 0 <= Z.lxor d c) by (apply Z.lxor_nonneg; lia).
  assert (P : 0 < 2 ^ (Z.of_nat l * k)) by (apply Z.pow_pos_nonneg; nia).
  split; intros H.
  - apply Z.div_small_iff in H; lia.
  - apply Z.div_small. lia.
Qed.

Theorem level_is_bit_width : forall d c, 0 <= d < top B L -> 0 <= c < top B L -> d <> c ->
  Z.of_nat (level B L d c) = Z.log2 (Z.lxor d c) / k.
Proof.
  intros d c Hd Hc N.
  assert (X : 0 < Z.lxor d c).
  { assert (0 <= Z.lxor d c) by (apply Z.lxor_nonneg; lia).
    assert (Z.lxor d c <> 0) by (rewrite Z.lxor_eq_0_iff; auto). lia. }
  pose proof (Z.log2_spec _ X) as [Lo Hi]. pose proof (Z.log2_nonneg (Z.lxor d c)) as G.
  set (w := Z.log2 (Z.lxor d c)) in *.
  assert (Q : 0 <= w / k) by (apply Z.div_pos; lia).
  pose proof (Z.mul_div_le w k k_pos). pose proof (Z.mul_succ_div_gt w k k_pos).
  rewrite <- (Z2Nat.id (w / k)) by auto. f_equal.
  apply level_unique; auto using B_bits.
  - apply agree_bits; try lia. rewrite Nat2Z.inj_succ, Z2Nat.id by auto.
    eapply Z.lt_le_trans; [exact Hi |]. apply Z.pow_le_mono_r; lia.
  - right. rewrite agree_bits by lia. rewrite Z2Nat.id by auto.
    apply Z.le_ngt. eapply Z.le_trans; [| exact Lo]. apply Z.pow_le_mono_r; lia.
Qed.

End Bits.
