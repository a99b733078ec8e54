(* What the hierarchical wheel promises about a timer, in every history: whatever the caller does
   between calls and the callbacks do within. Each theorem is named and said in words. *)
From Coq Require Import ZArith Lia List Bool Permutation Sorted.
From cyclone Require Import digits lists hierarchical_wheel.
Import ListNotations.
Open Scope Z_scope.

Section Theorems.

Context {wheels : params}.
Let base : 2 <= B := B_ge_2.
Let levels : (0 < L)%nat := L_pos.

Notation top := (top B L).
Notation level := (level B L).
Notation digit := (digit B).
Notation pow := (pow B).
Notation slot_start := (slot_start B).
Notation agree := (agree B).

Lemma inv_exec : forall w tr v, Inv w -> exec w tr v -> Inv v.
Proof. intros w tr v I E. induction E; auto. apply IHE. eapply invariant_preserved; eauto. Qed.

(* ---- where a timer is ---- *)

(* NO LAP ALIASING: on every wheel a timer is 1 to B - 1 slots ahead of the cursor, so that no
   slot can be mistaken for the one a lap later; and every level exists. *)
Theorem no_lap_aliasing : forall w p, Inv w -> In p (held w) ->
  1 <= slot p - digit (cursor w) (lev p) <= B - 1 /\ (lev p < L)%nat.
Proof.
  intros w p I Hp. pose proof (inv_clock w I). pose proof (inv_ahead w I p Hp).
  rewrite (slot_of w p I Hp), <- (lev_of w p I Hp). split.
  - apply slot_distance; auto; lia.
  - apply level_bound; auto.
Qed.

(* CASCADE LOWERS: a timer that a cascade moves goes to a strictly finer wheel; hence at most
   L - 1 moves in its life. *)
Theorem cascade_lowers : forall w at_ l p, Inv w -> next_event w = Some (at_, l) ->
  In p (held w) -> in_slot l (digit at_ l) p = true -> (0 < l)%nat ->
  (lev (place at_ (what p)) < l)%nat.
Proof.
  intros w at_ l p I E Hp Hs Hl. apply (in_slot_start w at_ l p I E Hp) in Hs.
  pose proof (event_ahead w at_ l I E). pose proof (inv_clock w I).
  pose proof (inv_ahead w I p Hp). cbn. apply level_falls; auto; try lia.
  unfold digits.agree. rewrite <- (proj2 Hs), div_start; auto.
Qed.

(* ---- next_deadline() ---- *)

Definition weight (ps : list placed) : nat := list_sum (map (fun p => S (lev p)) ps).
Definition work_left (w : wheel) : nat := weight (held w).

(* NEXT IS A LOWER BOUND: it lies ahead of time, and no timer is due before it. *)
Theorem next_is_a_lower_bound : forall w at_ l, Inv w -> next_event w = Some (at_, l) ->
  cursor w < at_ /\ forall p, In p (held w) -> at_ <= due (what p).
Proof.
  intros w at_ l I E. split; [apply (event_ahead w at_ l I E) |]. intros p Hp.
  destruct (next_event_some w at_ l I E) as [_ [Min _]]. specialize (Min p Hp).
  pose proof (slot_start_le B base (due (what p)) (lev p)). lia.
Qed.

(* NEXT IS NEVER exactly when nothing is pending. *)
Theorem next_is_never_when_empty : forall w, Inv w -> next_event w = None <-> held w = [].
Proof.
  intros w I. split; [apply next_event_none; auto |]. intros H. unfold next_event, first_level.
  rewrite H. generalize (seq 0 L). induction l; cbn; auto.
Qed.

Lemma weight_app : forall a b, weight (a ++ b) = (weight a + weight b)%nat.
Proof. intros. unfold weight. rewrite map_app. apply list_sum_app. Qed.

Lemma weight_split : forall f l,
  weight l = (weight (filter f l) + weight (filter (fun p => negb (f p)) l))%nat.
Proof.
  unfold weight, list_sum. induction l as [|p l IH]; auto. cbn [filter].
  destruct (f p); cbn in *; lia.
Qed.

Lemma weight_in : forall p l, In p l -> (S (lev p) <= weight l)%nat.
Proof.
  unfold weight, list_sum. induction l as [|q l IH]; intros []; [subst | specialize (IH H)];
    cbn in *; lia.
Qed.

Lemma weight_lower : forall at_ l ps, (forall p, In p ps -> lev (place at_ (what p)) < l)%nat ->
  (forall p, In p ps -> lev p = l) ->
  (weight (map (fun p => place at_ (what p)) ps) + length ps <= weight ps)%nat.
Proof.
  unfold weight, list_sum. induction ps as [|p ps IH]; intros Hl He; auto.
  pose proof (Hl p (or_introl eq_refl)). pose proof (He p (or_introl eq_refl)).
  specialize (IH (fun q Hq => Hl q (or_intror Hq)) (fun q Hq => He q (or_intror Hq))).
  cbn in *. lia.
Qed.

Lemma after_weight : forall w at_ l, Inv w -> next_event w = Some (at_, l) -> (0 < l)%nat ->
  (weight (after w at_ l) < work_left w)%nat.
Proof.
  intros w at_ l I E Hl. destruct (next_event_some w at_ l I E) as [[p [Hp [El Es]]] _].
  unfold after, cascade, work_left. destruct (Nat.eqb_spec l 0); [lia |]. rewrite weight_app.
  set (g := in_slot l (digit at_ l)). rewrite (weight_split g (held w)).
  assert (Hg : In p (filter g (held w))).
  { apply filter_In. split; auto. apply (in_slot_start w at_ l p I E Hp). auto. }
  pose proof (weight_lower at_ l (filter g (held w))) as Lw.
  assert (1 <= length (filter g (held w)))%nat by (destruct (filter g (held w)); [destruct Hg |
    cbn; lia]).
  enough (weight (map (fun p => place at_ (what p)) (filter g (held w)))
          + length (filter g (held w)) <= weight (filter g (held w)))%nat by lia.
  apply Lw; intros q Hq; apply filter_In in Hq; destruct Hq as [Hq Hs].
  - apply (cascade_lowers w); auto.
  - apply (in_slot_start w at_ l q I E Hq) in Hs. tauto.
Qed.

(* NEXT MAKES PROGRESS: entering the slot it names takes a timer out, or brings one to a finer
   wheel. What is left to do is at most L a timer, so a loop that sleeps until next_deadline()
   wakes at most L times a timer before all have fired. *)
Theorem next_makes_progress : forall w at_ l, Inv w -> next_event w = Some (at_, l) ->
  (work_left (enter w at_ l) < work_left w)%nat.
Proof.
  intros w at_ l I E. unfold work_left at 1. rewrite enter_eq. cbn [held].
  pose proof (weight_split (in_slot 0 (digit at_ 0)) (after w at_ l)) as Sp.
  destruct (Nat.eq_dec l 0) as [-> | N].
  - destruct (next_event_some w at_ 0%nat I E) as [[p [Hp [El Es]]] _].
    assert (Hin : In p (filter (in_slot 0 (digit at_ 0)) (after w at_ 0))).
    { apply filter_In. split; auto. apply (in_slot_start w at_ 0%nat p I E Hp). auto. }
    apply weight_in in Hin. change (after w at_ 0) with (held w) in *. unfold work_left. lia.
  - pose proof (after_weight w at_ l I E). lia.
Qed.

Theorem work_is_bounded : forall w, Inv w -> (work_left w <= L * length (held w))%nat.
Proof.
  intros w I. pose proof (fun p Hp => proj2 (no_lap_aliasing w p I Hp)) as H.
  unfold work_left, weight, list_sum. induction (held w) as [|p l IH]; cbn; [lia |].
  pose proof (H p (or_introl eq_refl)). specialize (IH (fun q Hq => H q (or_intror Hq))). lia.
Qed.

(* ---- when a timer fires ---- *)

(* NEVER EARLY: the callback runs with time at or after the deadline; time as the C++ callback
   sees it, now, is not before the cursor. *)
Theorem never_early : forall w t at_ v, Inv w -> step w (Fired t at_) v ->
  due t <= at_ /\ at_ <= now w.
Proof.
  intros w t at_ v I S. inversion S; subst. pose proof (inv_clock w I).
  rewrite (inv_due w I t) by (rewrite H3; left; auto). lia.
Qed.

(* NEVER LATE: the bound is 0. The callback runs while the cursor is on the very tick. *)
Theorem never_late : forall w t at_ v, Inv w -> step w (Fired t at_) v -> at_ <= due t + 0.
Proof.
  intros w t at_ v I S. inversion S; subst.
  rewrite (inv_due w I t) by (rewrite H3; left; auto). lia.
Qed.

(* When advance() has returned, nothing that is due is left. *)
Theorem none_overdue : forall w t, Inv w -> settled w -> In t (pending w) -> now w < due t.
Proof.
  intros w t I [F C] Ht. unfold pending in Ht. rewrite F in Ht. apply in_map_iff in Ht.
  destruct Ht as [p [<- Hp]]. pose proof (inv_ahead w I p Hp). lia.
Qed.

Lemma pending_step : forall w a v t, Inv w -> step w a v -> In t (pending w) ->
  a <> Stopped (id t) -> In t (pending v) \/ a = Fired t (due t).
Proof.
  intros w a v t I S Ht Na. destruct S; auto.
  - left. unfold pending in *. cbn. rewrite map_app, app_assoc. apply in_or_app. auto.
  - left. rewrite stop_pending. apply filter_In. split; auto.
    apply negb_true_iff, Nat.eqb_neq. congruence.
  - left. apply (Permutation_in _ (enter_permutes w at_ l H)). auto.
  - unfold pending in *. rewrite H in Ht. cbn in Ht. destruct Ht as [<- | Ht]; auto.
    right. f_equal. symmetry. apply inv_due; auto. rewrite H. left. auto.
Qed.

(* NEVER LOST: a pending timer that nobody stops has fired by the time an advance() to its
   deadline, or beyond, has returned; and it fired at its deadline. *)
Theorem never_lost : forall w tr v t, Inv w -> exec w tr v -> In t (pending w) ->
  ~ In (Stopped (id t)) tr -> settled v -> due t <= now v -> In (Fired t (due t)) tr.
Proof.
  intros w tr v t I E. revert I. induction E as [w | w a v tr u S E IH]; intros I Ht Ns Sv Hd.
  - pose proof (none_overdue w t I Sv Ht). lia.
  - destruct (pending_step w a v t I S Ht) as [P | ->].
    + intros ->. apply Ns. left. auto.
    + right. apply IH; auto.
      * eapply invariant_preserved; eauto.
      * intros C. apply Ns. right. auto.
    + left. auto.
Qed.

Corollary started_is_not_lost : forall w t v tr u, Inv w -> step w (Started t) v -> exec v tr u ->
  ~ In (Stopped (id t)) tr -> settled u -> due t <= now u -> In (Fired t (due t)) tr.
Proof.
  intros w t v tr u I S E Ns Su Hd. apply (never_lost v tr u t); auto.
  - eapply invariant_preserved; eauto.
  - inversion S; subst. unfold pending. cbn. rewrite map_app.
    apply in_or_app. right. apply in_or_app. right. left. auto.
Qed.

(* ---- accounts: every start is answered once ---- *)

Definition is_start (i : nat) (a : label) : bool :=
  match a with Started t => Nat.eqb (id t) i | _ => false end.
Definition is_stop (i : nat) (a : label) : bool :=
  match a with Stopped j => Nat.eqb j i | _ => false end.
Definition is_fire (i : nat) (a : label) : bool :=
  match a with Fired t _ => Nat.eqb (id t) i | _ => false end.
Definition times (f : label -> bool) (tr : list label) : nat := length (filter f tr).
Definition held_times (i : nat) (w : wheel) : nat := count_occ Nat.eq_dec (ids w) i.

Lemma held_times_bound : forall w i, Inv w -> (held_times i w <= 1)%nat.
Proof.
  intros w i I. unfold held_times. apply (proj1 (NoDup_count_occ Nat.eq_dec (ids w))). apply I.
Qed.

Lemma count_occ_other : forall i j l, i <> j ->
  count_occ Nat.eq_dec (remove Nat.eq_dec j l) i = count_occ Nat.eq_dec l i.
Proof.
  induction l as [|x l IH]; intros N; cbn; auto.
  destruct (Nat.eq_dec j x) as [<- | Nx].
  - destruct (Nat.eq_dec j i); [congruence | auto].
  - cbn. destruct (Nat.eq_dec x i); auto.
Qed.

Lemma account_step : forall w a v i, Inv w -> step w a v ->
  (Nat.b2n (is_start i a) + held_times i w
   = Nat.b2n (is_stop i a) + Nat.b2n (is_fire i a) + held_times i v)%nat.
Proof.
  intros w a v i I S. pose proof (inv_ids w I) as N. unfold held_times.
  destruct S; cbn [is_start is_stop is_fire Nat.b2n id Nat.add]; auto.
  - rewrite start_ids, count_occ_app. cbn [count_occ id].
    destruct (Nat.eq_dec i0 i), (Nat.eqb_spec i0 i); cbn; try lia; congruence.
  - unfold ids at 2. rewrite stop_pending, drop_ids. destruct (Nat.eqb_spec i0 i) as [-> | Ne].
    + rewrite (proj1 (count_occ_not_In Nat.eq_dec (remove Nat.eq_dec i _) i)) by apply remove_In.
      pose proof (proj1 (NoDup_count_occ' Nat.eq_dec (ids w)) N i H). cbn. fold (ids w). lia.
    + cbn. fold (ids w). symmetry. apply count_occ_other. auto.
  - apply Permutation_count_occ. unfold ids. apply Permutation_map, enter_permutes. auto.
  - unfold ids, pending. rewrite H. cbn [count_occ id map app firing held].
    destruct (Nat.eq_dec (id t) i), (Nat.eqb_spec (id t) i); cbn; try lia; congruence.
Qed.

(* EXACTLY ONCE: starts = stops + firings + (1 while pending), for every timer, in every history.
   A timer cannot fire twice for one start, nor fire and have been stopped. *)
Theorem exactly_once : forall w tr v i, Inv w -> exec w tr v ->
  (times (is_start i) tr + held_times i w
   = times (is_stop i) tr + times (is_fire i) tr + held_times i v)%nat.
Proof.
  intros w tr v i I E. revert I. induction E as [w | w a v tr u S E IH]; intros I; auto.
  pose proof (account_step w a v i I S). specialize (IH (invariant_preserved w a v I S)).
  unfold times in *. cbn.
  destruct (is_start i a), (is_stop i a), (is_fire i a); cbn in *; lia.
Qed.

Lemma times_0 : forall f tr, times f tr = 0%nat <-> forall a, In a tr -> f a = false.
Proof.
  intros f tr. unfold times. split.
  - intros H a Ha. destruct (f a) eqn:E; auto. exfalso.
    assert (X : In a (filter f tr)) by (apply filter_In; auto).
    destruct (filter f tr); [destruct X | discriminate].
  - intros H. rewrite filter_none; auto.
Qed.

(* CANCEL IS EXACT: an idle timer, stopped or fired, does not fire until it is started again. *)
Theorem cancel_exact : forall w tr v i, Inv w -> exec w tr v -> ~ In i (ids w) ->
  (forall t, In (Started t) tr -> id t <> i) ->
  forall t at_, In (Fired t at_) tr -> id t <> i.
Proof.
  intros w tr v i I E Ni Ns t at_ Ht Ei. pose proof (exactly_once w tr v i I E) as A.
  assert (S0 : times (is_start i) tr = 0%nat).
  { apply times_0. intros a Ha. destruct a; cbn; auto. apply Nat.eqb_neq. apply Ns. auto. }
  unfold held_times in A. rewrite (proj1 (count_occ_not_In Nat.eq_dec (ids w) i) Ni) in A.
  assert (F0 : times (is_fire i) tr = 0%nat) by lia.
  pose proof (proj1 (times_0 _ _) F0 _ Ht) as X. cbn in X. apply Nat.eqb_neq in X. auto.
Qed.

Corollary stop_is_exact : forall w i v tr u, Inv w -> step w (Stopped i) v -> exec v tr u ->
  (forall t, In (Started t) tr -> id t <> i) -> forall t at_, In (Fired t at_) tr -> id t <> i.
Proof.
  intros w i v tr u I S E. apply (cancel_exact v tr u i); auto.
  - eapply invariant_preserved; eauto.
  - inversion S; subst. unfold ids. rewrite stop_pending, drop_ids. apply remove_In.
Qed.

Lemma same_id : forall ts s t, NoDup (map id ts) -> In s ts -> In t ts -> id s = id t -> s = t.
Proof.
  induction ts as [|x ts IH]; cbn; intros s t N Hs Ht E; [tauto |]. inversion N; subst.
  destruct Hs as [-> | Hs], Ht as [-> | Ht]; auto; exfalso; apply H1.
  - rewrite E. apply in_map. auto.
  - rewrite <- E. apply in_map. auto.
Qed.

Lemma new_step : forall w a v s, step w a v -> In s (pending v) ->
  In s (pending w) \/ a = Started s.
Proof.
  intros w a v s S Hs. destruct S; auto.
  - unfold pending in *. cbn in Hs. rewrite map_app in Hs. cbn in Hs. rewrite app_assoc in Hs.
    apply in_app_or in Hs. destruct Hs as [Hs | [<- | []]]; auto.
  - rewrite stop_pending in Hs. apply filter_In in Hs. tauto.
  - left. apply (Permutation_in _ (Permutation_sym (enter_permutes w at_ l H))). auto.
  - left. unfold pending in *. rewrite H. right. auto.
Qed.

(* RE-ARM IS STOP, THEN START: after restart(), which is these two, the timer fires for the new
   deadline only: until it is started again, whatever fires under its name is what was started. *)
Theorem rearm_exact : forall w t v tr u, Inv w -> step w (Started t) v -> exec v tr u ->
  (forall s, In (Started s) tr -> id s <> id t) ->
  forall s at_, In (Fired s at_) tr -> id s = id t -> s = t /\ at_ = due t.
Proof.
  intros w t v tr u I S E Ns. pose proof (invariant_preserved w _ v I S) as Iv.
  assert (Only : forall s, In s (pending v) -> id s = id t -> s = t).
  { intros s Hs Eq. apply (same_id (pending v)); auto; [apply Iv |].
    inversion S; subst. unfold pending. cbn. rewrite map_app, app_assoc.
    apply in_or_app. right. left. auto. }
  clear I S. revert Iv Ns Only.
  induction E as [x | x a y tr z S E IH]; intros Iv Ns Only s at_ Hf Eq.
  - destruct Hf.
  - destruct Hf as [-> | Hf].
    + inversion S; subst.
      assert (s = t) as ->.
      { apply Only; auto. unfold pending. rewrite H3. left. auto. }
      split; auto. symmetry. apply inv_due; auto. rewrite H3. left. auto.
    + apply IH; auto.
      * eapply invariant_preserved; eauto.
      * intros r Hr. apply Ns. right. auto.
      * intros r Hr Er. destruct (new_step x a y r S Hr) as [P | ->]; auto.
        exfalso. apply (Ns r); auto. left. auto.
Qed.

End Theorems.
