(* advance() as a function: it ends, fires in order what is due, keeps the rest, and may be cut into
   steps anywhere without a difference. Callbacks that start or stop timers are the business of
   hierarchical_theorems.v: with them, a cut is a difference, since a timer that is started within
   an advance() fires after its end (S2). *)
From Coq Require Import ZArith Lia List Bool Permutation Sorted.
From cyclone Require Import digits lists hierarchical_wheel hierarchical_theorems.
Import ListNotations.
Open Scope Z_scope.

Section Advance.

Context {wheels : params}.
Let base : 2 <= B := B_ge_2.
Let levels : (0 < L)%nat := L_pos.

Notation top := (top B L).
Notation level := (level B L).
Notation digit := (digit B).
Notation pow := (pow B).
Notation slot_start := (slot_start B).
Notation agree := (agree B).

(* ---- advance() ---- *)

(* The loop of advance(), without callbacks that start or stop. `fuel` bounds its turns; it never
   runs out (advance_correct). *)
Fixpoint turn (fuel : nat) (w : wheel) : wheel * list timer :=
  match fuel with
  | O => (w, [])
  | S fuel =>
      match next_event w with
      | None => (settle w, [])
      | Some (at_, l) =>
          if at_ <=? now w then
            let v := enter w at_ l in
            let (u, fired) := turn fuel (quiet v) in (u, firing v ++ fired)
          else (settle w, [])
      end
  end.

Definition advance (w : wheel) (to : Z) : wheel * list timer :=
  turn (S (work_left w)) (tell w to).

Definition fired_in (tr : list label) : list timer :=
  flat_map (fun a => match a with Fired t _ => [t] | _ => [] end) tr.

Lemma exec_app : forall w tr v tr' u, exec w tr v -> exec v tr' u -> exec w (tr ++ tr') u.
Proof. intros w tr v tr' u E F. induction E; cbn; auto. econstructor; eauto. Qed.

Lemma fire_all : forall ts n c h,
  exec (Wheel n c h ts) (map (fun t => Fired t c) ts) (Wheel n c h []).
Proof.
  induction ts as [|t ts IH]; intros n c h; cbn; [constructor |].
  econstructor; [| apply IH].
  apply (step_fire (Wheel n c h (t :: ts)) t ts). reflexivity.
Qed.

Lemma fired_in_map : forall c ts, fired_in (map (fun t => Fired t c) ts) = ts.
Proof. intros c. induction ts as [|t ts IH]; cbn; auto. f_equal. exact IH. Qed.

Record Turned (w u : wheel) (fired : list timer) : Prop := {
  t_inv : Inv u;
  t_settled : settled u;
  t_now : now u = now w;
  t_sorted : StronglySorted (fun s t => due s <= due t) fired;
  t_range : forall t, In t fired -> cursor w < due t <= now w;
  t_order : forall d, at_due d (fired ++ pending u) = at_due d (pending w);
  t_steps : exists tr, exec w tr u /\ fired_in tr = fired }.

Lemma turn_ends : forall w, Inv w -> firing w = [] ->
  (forall at_ l, next_event w = Some (at_, l) -> now w < at_) -> Turned w (settle w) [].
Proof.
  intros w I F N. constructor; cbn; auto; try tauto.
  - apply inv_settle; auto.
  - split; auto.
  - constructor.
  - exists [Settled]. split; auto. econstructor; [apply step_settle; auto | constructor].
Qed.

Lemma turn_correct : forall fuel w, Inv w -> firing w = [] -> (work_left w < fuel)%nat ->
  let (u, fired) := turn fuel w in Turned w u fired.
Proof.
  induction fuel as [|fuel IH]; intros w I F Hf; [lia |]. cbn [turn].
  destruct (next_event w) as [[at_ l] |] eqn:E; 
    [| apply turn_ends; auto; rewrite E; discriminate].
  destruct (at_ <=? now w) eqn:Hn.
  2: { apply turn_ends; auto. apply Z.leb_gt in Hn. intros x m Eq.
       rewrite E in Eq. injection Eq as <- _. exact Hn. }
  apply Z.leb_le in Hn. set (v := enter w at_ l).
  assert (Iv : Inv v) by (apply inv_enter; auto).
  assert (Steps : exec w (Entered at_ l :: map (fun t => Fired t at_) (firing v)) (quiet v)).
  { econstructor; [apply step_enter; eauto |]. apply (fire_all (firing v) (now v) at_ (held v)). }
  assert (Iq : Inv (quiet v)) by (apply (inv_exec w _ _ I Steps)).
  pose proof (next_makes_progress w at_ l I E) as Less. fold v in Less.
  specialize (IH (quiet v) Iq eq_refl). change (work_left (quiet v)) with (work_left v) in IH.
  destruct (turn fuel (quiet v)) as [u fired]. destruct IH as [H1 H2 H3 H4 H5 H6 [tr [H7 H8]]];
    [lia |]. pose proof (event_ahead w at_ l I E) as Ha.
  assert (Dv : forall t, In t (firing v) -> due t = at_) by (apply (inv_due v Iv)).
  constructor; auto.
  - apply (sorted_app _ _ at_); auto.
    + apply (sorted_same at_). auto.
    + intros t Ht. rewrite (Dv t Ht). lia.
    + intros t Ht. specialize (H5 t Ht). cbn in H5. lia.
  - intros t Ht. apply in_app_or in Ht. destruct Ht as [Ht | Ht].
    + rewrite (Dv t Ht). lia.
    + specialize (H5 t Ht). cbn in H5. lia.
  - intros d. rewrite <- app_assoc, at_due_app, H6, <- (enter_keeps_order w at_ l d I F E).
    fold v. unfold pending. cbn [quiet firing held app]. rewrite at_due_app. reflexivity.
  - exists ((Entered at_ l :: map (fun t => Fired t at_) (firing v)) ++ tr). split.
    + eapply exec_app; eauto.
    + unfold fired_in in *. rewrite flat_map_app, H8. cbn. f_equal. apply fired_in_map.
Qed.

(* ADVANCE: the loop ends; it is made of the steps above, so that all of them above holds of it; it
   fires what is due, in order of deadline, equal deadlines in the order of their starts, and
   keeps the rest. *)
Theorem advance_correct : forall w to, Inv w -> settled w -> now w <= to < top ->
  let (u, fired) := advance w to in Turned (tell w to) u fired.
Proof.
  intros w to I S Ht. unfold advance. apply turn_correct.
  - eapply invariant_preserved; [exact I | apply step_advance; auto].
  - apply S.
  - change (work_left (tell w to)) with (work_left w). lia.
Qed.

Lemma settled_at_due : forall w d, Inv w -> settled w -> d <= now w -> at_due d (pending w) = [].
Proof.
  intros w d I S Hd. apply at_due_none. intros t Ht. pose proof (none_overdue w t I S Ht). lia.
Qed.

(* What an advance() fires and keeps, deadline by deadline. *)
Lemma advance_splits : forall w to u fired, Inv w -> settled w -> now w <= to < top ->
  advance w to = (u, fired) -> forall d,
  at_due d fired = (if d <=? to then at_due d (pending w) else []) /\
  at_due d (pending u) = (if d <=? to then [] else at_due d (pending w)).
Proof.
  intros w to u fired I S Ht E d. pose proof (advance_correct w to I S Ht) as A. rewrite E in A.
  destruct A as [A1 A2 A3 _ A5 A6 _]. specialize (A6 d). rewrite at_due_app in A6.
  change (pending (tell w to)) with (pending w) in A6. cbn in A3, A5.
  destruct (Z.leb_spec d to) as [Hd | Hd].
  - pose proof (settled_at_due u d A1 A2 ltac:(lia)) as R. rewrite R, app_nil_r in A6. auto.
  - assert (R : at_due d fired = []).
    { apply at_due_none. intros t Hin. specialize (A5 t Hin). lia. }
    rewrite R in A6. auto.
Qed.

(* FIRED IN ORDER, FIFO: equal deadlines fire in the order of their starts. *)
Theorem fifo : forall w to u fired, Inv w -> settled w -> now w <= to < top ->
  advance w to = (u, fired) ->
  StronglySorted (fun s t => due s <= due t) fired /\
  forall d, d <= to -> at_due d fired = at_due d (pending w).
Proof.
  intros w to u fired I S Ht E. pose proof (advance_correct w to I S Ht) as A. rewrite E in A.
  split; [apply A |]. intros d Hd.
  destruct (advance_splits w to u fired I S Ht E d) as [-> _].
  destruct (Z.leb_spec d to); [auto | lia].
Qed.

(* MULTI-TICK: two steps, or one across both, fire the same timers in the same order, and leave
   wheels that nobody can tell apart. *)
Theorem multi_tick : forall w a b w1 f1 w2 f2 w3 f3, Inv w -> settled w ->
  now w <= a <= b -> b < top ->
  advance w a = (w1, f1) -> advance w1 b = (w2, f2) -> advance w b = (w3, f3) ->
  f1 ++ f2 = f3 /\ now w2 = now w3 /\ cursor w2 = cursor w3 /\
  forall d, at_due d (pending w2) = at_due d (pending w3).
Proof.
  intros w a b w1 f1 w2 f2 w3 f3 I S Ha Hb E1 E2 E3.
  pose proof (advance_correct w a I S) as A1. rewrite E1 in A1.
  destruct A1 as [I1 S1 N1 O1 R1 _ _]; [lia |]. cbn in N1, R1.
  pose proof (advance_correct w1 b I1 S1) as A2. rewrite E2 in A2.
  destruct A2 as [I2 S2 N2 O2 R2 _ _]; [lia |]. cbn in N2, R2.
  pose proof (advance_correct w b I S) as A3. rewrite E3 in A3.
  destruct A3 as [I3 S3 N3 O3 R3 _ _]; [lia |]. cbn in N3, R3.
  assert (P1 := advance_splits w a w1 f1 I S ltac:(lia) E1).
  assert (P2 := advance_splits w1 b w2 f2 I1 S1 ltac:(lia) E2).
  assert (P3 := advance_splits w b w3 f3 I S ltac:(lia) E3).
  repeat split.
  - apply same_by_due; auto.
    + apply (sorted_app _ _ a); auto.
      * intros t Ht. specialize (R1 t Ht). lia.
      * intros t Ht. specialize (R2 t Ht). pose proof (proj2 S1). lia.
    + intros d. rewrite at_due_app. destruct (P1 d) as [-> Q1], (P2 d) as [-> _], (P3 d) as [-> _].
      rewrite Q1. destruct (Z.leb_spec d a), (Z.leb_spec d b); auto using app_nil_r. lia.
  - lia.
  - rewrite (proj2 S2), (proj2 S3). lia.
  - intros d. destruct (P1 d) as [_ Q1], (P2 d) as [_ ->], (P3 d) as [_ ->]. rewrite Q1.
    destruct (Z.leb_spec d a), (Z.leb_spec d b); auto. lia.
Qed.

(* Wheels that cannot be told apart fire alike, whatever slots their timers are in. *)
Theorem same_future : forall w v to, Inv w -> Inv v -> settled w -> settled v -> now w = now v ->
  now w <= to < top -> (forall d, at_due d (pending w) = at_due d (pending v)) ->
  snd (advance w to) = snd (advance v to).
Proof.
  intros w v to Iw Iv Sw Sv N Ht Same.
  pose proof (advance_correct w to Iw Sw Ht) as Aw. pose proof (advance_correct v to Iv Sv) as Av.
  destruct (advance w to) as [w' fw] eqn:Ew, (advance v to) as [v' fv] eqn:Ev. cbn.
  apply same_by_due.
  - apply Aw.
  - apply Av. lia.
  - intros d. destruct (advance_splits w to w' fw Iw Sw Ht Ew d) as [-> _].
    destruct (advance_splits v to v' fv Iv Sv ltac:(lia) Ev d) as [-> _]. rewrite Same. auto.
Qed.

End Advance.
