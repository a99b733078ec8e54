(* The hierarchical cascading wheel, as variants/timer/hierarchical_wheel.hpp runs it: a machine
   whose steps are the pieces of code between which a callback can act. A callback may start and
   stop any timer (restart is a stop and a start), so what is proven of all sequences of steps holds
   whatever callbacks do.

   C++                                  here
   now_, cursor_                        now, cursor
   slots_ (level, slot, list order)     held: in the order of the lists, with their places
   the list `due` of fire_current()     firing
   place(), level_of(), digit()         place, level, digit
   next_event()                         next_event
   cascade() and take() of a slot       enter
   advance()                            advance

   Here are the machine and its invariant; hierarchical_theorems.v says what follows for the timers,
   hierarchical_advance.v what advance() does as a whole, instance.v all of it for the constants
   that ship. Parametric in the base B >= 2 and the number L > 0 of wheels; no axioms. *)
From Coq Require Import ZArith Lia List Bool Permutation Sorted.
From cyclone Require Import digits lists.
Import ListNotations.
Open Scope Z_scope.

(* Any base, any number of wheels. *)
Class params := { B : Z; L : nat; B_ge_2 : 2 <= B; L_pos : (0 < L)%nat }.

Record placed := Placed { what : timer; lev : nat; slot : Z }.
Record wheel := Wheel { now : Z; cursor : Z; held : list placed; firing : list timer }.

Definition pending (w : wheel) : list timer := firing w ++ map what (held w).
Definition ids (w : wheel) : list nat := map id (pending w).

(* Nothing is under way: what holds between two calls of the caller. *)
Definition settled (w : wheel) : Prop := firing w = [] /\ cursor w = now w.

Section Wheel.

Context {wheels : params}.
Let base : 2 <= B := B_ge_2.
Let levels : (0 < L)%nat := L_pos.

Notation top := (top B L).
Notation level := (level B L).
Notation digit := (digit B).
Notation pow := (pow B).
Notation slot_start := (slot_start B).
Notation agree := (agree B).

(* ---- the machine ---- *)

Definition place (c : Z) (t : timer) : placed :=
  Placed t (level (due t) c) (digit (due t) (level (due t) c)).

Definition in_slot (l : nat) (s : Z) (p : placed) : bool := Nat.eqb (lev p) l && (slot p =? s).

(* The lowest level that holds a timer, and on it the lowest slot that does. *)
Definition first_level (ps : list placed) : option nat :=
  find (fun l => existsb (fun p => Nat.eqb (lev p) l) ps) (seq 0 L).
Definition first_slot (l : nat) (ps : list placed) : Z :=
  fold_right Z.min B (map slot (filter (fun p => Nat.eqb (lev p) l) ps)).
Definition next_event (w : wheel) : option (Z * nat) :=
  match first_level (held w) with
  | None => None
  | Some l =>
      Some (cursor w / pow (S l) * pow (S l) + first_slot l (held w) * pow l, l)
  end.

(* What the slot holds goes to the ends of the lists where it belongs now. *)
Definition cascade (at_ : Z) (l : nat) (ps : list placed) : list placed :=
  filter (fun p => negb (in_slot l (digit at_ l) p)) ps
  ++ map (fun p => place at_ (what p)) (filter (in_slot l (digit at_ l)) ps).

Definition enter (w : wheel) (at_ : Z) (l : nat) : wheel :=
  let after := if Nat.eqb l 0 then held w else cascade at_ l (held w) in
  Wheel (now w) at_
    (filter (fun p => negb (in_slot 0 (digit at_ 0) p)) after)
    (map what (filter (in_slot 0 (digit at_ 0)) after)).

Definition start (w : wheel) (t : timer) : wheel :=
  Wheel (now w) (cursor w) (held w ++ [place (cursor w) t]) (firing w).
Definition stop (w : wheel) (i : nat) : wheel :=
  Wheel (now w) (cursor w) (filter (fun p => negb (Nat.eqb (id (what p)) i)) (held w))
    (drop i (firing w)).
Definition tell (w : wheel) (to : Z) : wheel := Wheel to (cursor w) (held w) (firing w).
Definition settle (w : wheel) : wheel := Wheel (now w) (now w) (held w) (firing w).
Definition quiet (w : wheel) : wheel := Wheel (now w) (cursor w) (held w) [].

Inductive label :=
| Started (t : timer)            (* start(): t carries the deadline after S2 *)
| Stopped (i : nat)              (* stop() that returned true *)
| Refused (i : nat)              (* stop() of an idle timer: false *)
| Advanced (to : Z)              (* advance(to) begins *)
| Entered (at_ : Z) (l : nat)    (* the cursor enters a slot *)
| Fired (t : timer) (at_ : Z)    (* the callback of t runs, with the cursor at at_ *)
| Settled.                       (* advance() returns *)

Inductive step : wheel -> label -> wheel -> Prop :=
| step_start : forall w i d, ~ In i (ids w) -> Z.max d (now w + 1) < top ->
    step w (Started (Timer i (Z.max d (now w + 1)))) (start w (Timer i (Z.max d (now w + 1))))
| step_stop : forall w i, In i (ids w) -> step w (Stopped i) (stop w i)
| step_refuse : forall w i, ~ In i (ids w) -> step w (Refused i) w
| step_advance : forall w to, settled w -> now w <= to < top -> step w (Advanced to) (tell w to)
| step_enter : forall w at_ l, firing w = [] -> next_event w = Some (at_, l) -> at_ <= now w ->
    step w (Entered at_ l) (enter w at_ l)
| step_fire : forall w t rest, firing w = t :: rest ->
    step w (Fired t (cursor w)) (Wheel (now w) (cursor w) (held w) rest)
| step_settle : forall w, firing w = [] ->
    (forall at_ l, next_event w = Some (at_, l) -> now w < at_) -> step w Settled (settle w).

Inductive exec : wheel -> list label -> wheel -> Prop :=
| exec_nil : forall w, exec w [] w
| exec_cons : forall w a v tr u, step w a v -> exec v tr u -> exec w (a :: tr) u.

(* ---- the invariant ---- *)

Record Inv (w : wheel) : Prop := {
  inv_clock : 0 <= cursor w <= now w /\ now w < top;
  (* I1 of the header: every timer is in the slot of its highest differing digit *)
  inv_place : forall p, In p (held w) -> p = place (cursor w) (what p);
  inv_ahead : forall p, In p (held w) -> cursor w < due (what p) < top;
  inv_due : forall t, In t (firing w) -> due t = cursor w;
  inv_ids : NoDup (ids w) }.

Definition empty (t0 : Z) : wheel := Wheel t0 t0 [] [].

(* A new wheel satisfies the invariant. *)
Theorem invariant_initially : forall t0, 0 <= t0 < top -> Inv (empty t0).
Proof.
  intros t0 H. constructor; cbn; try tauto; try lia. constructor.
Qed.

Lemma lev_of : forall w p, Inv w -> In p (held w) -> level (due (what p)) (cursor w) = lev p.
Proof. intros w p I Hp. pose proof (inv_place w I p Hp) as P. rewrite P. reflexivity. Qed.

Lemma slot_of : forall w p, Inv w -> In p (held w) -> slot p = digit (due (what p)) (lev p).
Proof. intros w p I Hp. pose proof (inv_place w I p Hp) as P. rewrite P. reflexivity. Qed.

(* The place of a timer follows from its level alone. *)
Lemma placed_by_level : forall w p c, Inv w -> In p (held w) ->
  level (due (what p)) c = lev p -> p = place c (what p).
Proof.
  intros w p c I Hp E. unfold place. rewrite E, <- (slot_of w p I Hp). destruct p. reflexivity.
Qed.

Lemma event_of : forall w p, Inv w -> In p (held w) ->
  agree (S (lev p)) (due (what p)) (cursor w) /\
  slot_start (due (what p)) (lev p)
  = cursor w / pow (S (lev p)) * pow (S (lev p)) + slot p * pow (lev p).
Proof.
  intros w p I Hp. pose proof (inv_place w I p Hp) as P. pose proof (inv_ahead w I p Hp).
  pose proof (inv_clock w I).
  assert (A : agree (S (lev p)) (due (what p)) (cursor w)).
  { rewrite P. cbn. apply level_spec; lia. }
  split; auto. rewrite (start_from_cursor B base _ _ _ A). rewrite P. cbn. reflexivity.
Qed.

Lemma fold_min : forall b l, fold_right Z.min b l <= b /\
  (forall x, In x l -> fold_right Z.min b l <= x) /\
  (fold_right Z.min b l = b \/ In (fold_right Z.min b l) l).
Proof.
  induction l as [|y l [IH1 [IH2 IH3]]]; cbn.
  - repeat split; try lia; try tauto.
  - repeat split; try lia.
    + intros x [-> | Hx]; [lia | specialize (IH2 x Hx); lia].
    + destruct (Z.min_spec y (fold_right Z.min b l)) as [[_ ->] | [_ ->]]; tauto.
Qed.

Lemma slot_range : forall w p, Inv w -> In p (held w) -> 0 <= slot p < B.
Proof.
  intros w p I Hp. rewrite (inv_place w I p Hp). cbn. unfold digits.digit.
  apply Z.mod_pos_bound. lia.
Qed.

(* next_event() names the earliest slot that holds a timer, and one that does. *)
Lemma next_event_some : forall w at_ l, Inv w -> next_event w = Some (at_, l) ->
  (exists p, In p (held w) /\ lev p = l /\ slot_start (due (what p)) l = at_) /\
  (forall q, In q (held w) -> at_ <= slot_start (due (what q)) (lev q)) /\
  (forall q, In q (held w) -> (l <= lev q)%nat).
Proof.
  intros w at_ l I E. unfold next_event in E.
  destruct (first_level (held w)) as [l'|] eqn:F; [| discriminate].
  injection E as E1 E2. subst l'. unfold first_level in F.
  assert (Low : forall q, In q (held w) -> (l <= lev q)%nat).
  { intros q Hq. destruct (Nat.lt_ge_cases (lev q) l) as [G | G]; auto. exfalso.
    assert (N : forall n s m, find (fun l => existsb (fun p => Nat.eqb (lev p) l) (held w))
      (seq s n) = Some l -> (s <= m < l)%nat ->
      existsb (fun p => Nat.eqb (lev p) m) (held w) = false).
    { induction n as [|n IH]; cbn; intros s m Hf Hm; [discriminate |].
      destruct (existsb (fun p => Nat.eqb (lev p) s) (held w)) eqn:X.
      - injection Hf as ->. lia.
      - destruct (Nat.eq_dec m s) as [-> |]; auto. apply (IH (S s)); auto. lia. }
    specialize (N L 0%nat (lev q) F). rewrite <- not_true_iff_false in N.
    apply N; [lia |]. apply existsb_exists. exists q. split; auto. apply Nat.eqb_refl. }
  apply find_some in F. destruct F as [_ F]. apply existsb_exists in F.
  destruct F as [p0 [Hp0 E0]]. apply Nat.eqb_eq in E0.
  unfold first_slot in E1. set (on := filter (fun p => Nat.eqb (lev p) l) (held w)) in *.
  destruct (fold_min B (map slot on)) as [_ [Fle Fin]].
  assert (M0 : In (slot p0) (map slot on)).
  { apply in_map, filter_In. rewrite E0, Nat.eqb_refl. auto. }
  assert (Mem : In (fold_right Z.min B (map slot on)) (map slot on)).
  { destruct Fin as [Fb | ?]; auto. specialize (Fle _ M0).
    pose proof (slot_range w p0 I Hp0). lia. }
  apply in_map_iff in Mem. destruct Mem as [p [Es Hp]]. apply filter_In in Hp.
  destruct Hp as [Hp El]. apply Nat.eqb_eq in El.
  assert (At : slot_start (due (what p)) l = at_).
  { destruct (event_of w p I Hp) as [_ Ev]. rewrite El, Es in Ev. lia. }
  split; [exists p; auto |]. split; auto.
  intros q Hq. pose proof (Low q Hq) as Hl. destruct (Nat.eq_dec (lev q) l) as [Eq | Ne].
  - destruct (event_of w q I Hq) as [_ Ev]. rewrite Eq in *. rewrite Ev, <- E1.
    assert (fold_right Z.min B (map slot on) <= slot q).
    { apply Fle, in_map, filter_In. rewrite Eq, Nat.eqb_refl. auto. }
    pose proof (pow_pos B base l). nia.
  - pose proof (inv_clock w I). pose proof (inv_ahead w I p Hp). pose proof (inv_ahead w I q Hq).
    pose proof (inv_place w I p Hp) as Pp. pose proof (inv_place w I q Hq) as Pq.
    assert (Lp : level (due (what p)) (cursor w) = lev p) by (rewrite Pp; auto).
    assert (Lq : level (due (what q)) (cursor w) = lev q) by (rewrite Pq; auto).
    pose proof (finer_first B L base (due (what p)) (due (what q)) (cursor w)) as Ff.
    rewrite Lp, Lq in Ff. pose proof (slot_start_le B base (due (what p)) l). lia.
Qed.

Lemma next_event_none : forall w, Inv w -> next_event w = None -> held w = [].
Proof.
  intros w I E. unfold next_event in E. destruct (first_level (held w)) eqn:F; [discriminate |].
  destruct (held w) as [|p ps] eqn:Eh; auto. exfalso. unfold first_level in F.
  assert (Hl : (lev p < L)%nat).
  { rewrite (inv_place w I p) by (rewrite Eh; left; auto). apply level_bound; auto. }
  apply find_none with (x := lev p) in F; [| apply in_seq; lia].
  cbn in F. rewrite Nat.eqb_refl in F. discriminate.
Qed.

(* The next event lies after the cursor, and no deadline before it. *)
Lemma event_ahead : forall w at_ l, Inv w -> next_event w = Some (at_, l) ->
  cursor w < at_ /\ at_ < top /\ (l < L)%nat.
Proof.
  intros w at_ l I E. destruct (next_event_some w at_ l I E) as [[p [Hp [El Es]]] _].
  pose proof (inv_place w I p Hp) as P. pose proof (inv_ahead w I p Hp). pose proof (inv_clock w I).
  assert (Lp : level (due (what p)) (cursor w) = l) by (rewrite <- El, P; auto).
  pose proof (start_ahead B L base (due (what p)) (cursor w)) as Sa.
  pose proof (slot_start_le B base (due (what p)) l). rewrite Lp in Sa.
  repeat split; try lia. rewrite <- Lp. apply level_bound; auto.
Qed.

(* ---- entering a slot ---- *)

Definition after (w : wheel) (at_ : Z) (l : nat) : list placed :=
  if Nat.eqb l 0 then held w else cascade at_ l (held w).

Lemma entered_or_ahead : forall w at_ l p, Inv w -> next_event w = Some (at_, l) ->
  In p (held w) ->
  at_ < slot_start (due (what p)) (lev p) \/
  (lev p = l /\ slot_start (due (what p)) l = at_).
Proof.
  intros w at_ l p I E Hp. destruct (next_event_some w at_ l I E) as [[p0 [Hp0 [E0 S0]]] [Min Low]].
  specialize (Min p Hp). specialize (Low p Hp).
  destruct (Nat.eq_dec (lev p) l) as [Eq | Ne].
  - rewrite Eq in *. lia.
  - left. pose proof (inv_clock w I). pose proof (inv_ahead w I p Hp).
    pose proof (inv_ahead w I p0 Hp0).
    pose proof (finer_first B L base (due (what p0)) (due (what p)) (cursor w)) as F.
    assert (L0 : level (due (what p0)) (cursor w) = l)
      by (rewrite <- E0; apply lev_of; auto).
    assert (L1 : level (due (what p)) (cursor w) = lev p)
      by (apply lev_of; auto).
    rewrite L0, L1 in F. pose proof (slot_start_le B base (due (what p0)) l). lia.
Qed.

(* Being in the slot that is entered, by level and number, is having the cursor at its start. *)
Lemma in_slot_start : forall w at_ l p, Inv w -> next_event w = Some (at_, l) -> In p (held w) ->
  in_slot l (digit at_ l) p = true <-> lev p = l /\ slot_start (due (what p)) l = at_.
Proof.
  intros w at_ l p I E Hp. destruct (next_event_some w at_ l I E) as [[p0 [Hp0 [E0 S0]]] _].
  unfold in_slot. rewrite andb_true_iff, Nat.eqb_eq, Z.eqb_eq.
  assert (D : digit at_ l = slot p0).
  { rewrite (slot_of w p0 I Hp0), E0. unfold digits.digit. rewrite <- S0, div_start; auto. }
  destruct (event_of w p I Hp) as [_ Ev]. destruct (event_of w p0 I Hp0) as [_ Ev0].
  rewrite E0, S0 in Ev0. pose proof (pow_pos B base l).
  split; intros [H1 H2]; split; auto; rewrite H1 in Ev.
  - rewrite Ev, Ev0, H2, D. reflexivity.
  - rewrite D. nia.
Qed.

Lemma after_good : forall w at_ l, Inv w -> next_event w = Some (at_, l) ->
  forall p, In p (after w at_ l) -> p = place at_ (what p) /\ at_ <= due (what p) < top.
Proof.
  intros w at_ l I E.
  assert (Range : forall p, In p (held w) -> at_ <= due (what p) < top).
  { intros p Hp. destruct (next_event_some w at_ l I E) as [_ [Min _]]. specialize (Min p Hp).
    pose proof (inv_ahead w I p Hp).
    pose proof (slot_start_le B base (due (what p)) (lev p)). lia. }
  assert (Stay : forall p, In p (held w) -> at_ < slot_start (due (what p)) (lev p) ->
                 p = place at_ (what p)).
  { intros p Hp Hs. apply (placed_by_level w); auto. pose proof (inv_clock w I).
    pose proof (inv_ahead w I p Hp).
    destruct (event_ahead w at_ l I E) as [Ha _].
    assert (Lp : level (due (what p)) (cursor w) = lev p)
      by (apply lev_of; auto).
    rewrite <- Lp. apply level_stays; try lia; auto. rewrite Lp. exact Hs. }
  intros p Hp. unfold after in Hp. destruct (Nat.eqb_spec l 0) as [-> | Nl].
  - split; [| auto]. destruct (entered_or_ahead w at_ 0 p I E Hp) as [H | [H1 H2]]; auto.
    rewrite slot_start_0 in H2 by auto. apply (placed_by_level w); auto.
    pose proof (event_ahead w at_ 0%nat I E). pose proof (inv_clock w I).
    rewrite H1, H2. apply level_same; auto. lia.
  - unfold cascade in Hp. apply in_app_or in Hp. destruct Hp as [Hp | Hp].
    + apply filter_In in Hp. destruct Hp as [Hp Hn]. split; auto. apply Stay; auto.
      destruct (entered_or_ahead w at_ l p I E Hp) as [H | H]; auto. exfalso.
      apply (in_slot_start w at_ l p I E Hp) in H. rewrite H in Hn. discriminate.
    + apply in_map_iff in Hp. destruct Hp as [q [<- Hq]]. apply filter_In in Hq. cbn.
      split; auto. apply Range. tauto.
Qed.

Lemma after_permutes : forall w at_ l, Permutation (map what (held w)) (map what (after w at_ l)).
Proof.
  intros w at_ l. unfold after. destruct (Nat.eqb l 0); auto. unfold cascade.
  rewrite map_app, map_map. cbn.
  rewrite (Permutation_map what (split_permutes _ (in_slot l (digit at_ l)) (held w))).
  rewrite map_app. apply Permutation_app_comm.
Qed.

(* Timers of one deadline share every slot, so a cascade moves all of them or none. *)
Lemma after_keeps_order : forall w at_ l d, Inv w ->
  at_due d (map what (after w at_ l)) = at_due d (map what (held w)).
Proof.
  intros w at_ l d I. unfold after. destruct (Nat.eqb l 0); auto. unfold cascade.
  rewrite map_app, map_map, at_due_app.
  change (fun x => what (place at_ (what x))) with what.
  set (g := in_slot l (digit at_ l)).
  set (fits := Nat.eqb (level d (cursor w)) l
               && (digit d (level d (cursor w)) =? digit at_ l)).
  assert (G : forall p, In p (held w) -> due (what p) = d -> g p = fits).
  { intros p Hp <-. unfold g, fits, in_slot.
    rewrite (slot_of w p I Hp), <- (lev_of w p I Hp). reflexivity. }
  destruct fits eqn:Ef.
  - rewrite at_due_lost, at_due_kept; auto.
    intros p Hp Ed. rewrite (G p Hp Ed). reflexivity.
  - rewrite at_due_kept, at_due_lost; auto using app_nil_r.
    intros p Hp Ed. rewrite (G p Hp Ed). reflexivity.
Qed.

Lemma enter_eq : forall w at_ l, enter w at_ l =
  Wheel (now w) at_ (filter (fun p => negb (in_slot 0 (digit at_ 0) p)) (after w at_ l))
    (map what (filter (in_slot 0 (digit at_ 0)) (after w at_ l))).
Proof. reflexivity. Qed.

(* In slot 0 of the cursor, freshly placed, means due now. *)
Lemma finest_due : forall w at_ l p, Inv w -> next_event w = Some (at_, l) ->
  In p (after w at_ l) -> in_slot 0 (digit at_ 0) p = true <-> due (what p) = at_.
Proof.
  intros w at_ l p I E Hp. destruct (after_good w at_ l I E p Hp) as [P R].
  pose proof (event_ahead w at_ l I E). pose proof (inv_clock w I).
  unfold in_slot. rewrite andb_true_iff, Nat.eqb_eq, Z.eqb_eq. rewrite P. cbn.
  split.
  - intros [L0 S0]. rewrite L0 in S0. apply (finest_is_exact B base); auto.
    rewrite <- L0 at 1. apply level_spec; auto; lia.
  - intros ->. rewrite level_same by (auto; lia). auto.
Qed.

Lemma enter_permutes : forall w at_ l, firing w = [] ->
  Permutation (pending w) (pending (enter w at_ l)).
Proof.
  intros w at_ l F. unfold pending. rewrite F, enter_eq. cbn.
  rewrite (after_permutes w at_ l).
  rewrite (Permutation_map what
    (split_permutes _ (in_slot 0 (digit at_ 0)) (after w at_ l))) at 1.
  rewrite map_app. reflexivity.
Qed.

Lemma enter_keeps_order : forall w at_ l d, Inv w -> firing w = [] ->
  next_event w = Some (at_, l) -> at_due d (pending (enter w at_ l)) = at_due d (pending w).
Proof.
  intros w at_ l d I F E. unfold pending. rewrite F, enter_eq. cbn [firing held app].
  rewrite at_due_app, <- (after_keeps_order w at_ l d I).
  destruct (Z.eq_dec d at_) as [-> | Ne].
  - rewrite at_due_kept, at_due_lost; auto using app_nil_r; intros p Hp Ed.
    + apply negb_false_iff. apply (finest_due w at_ l p I E Hp). exact Ed.
    + apply (finest_due w at_ l p I E Hp). exact Ed.
  - rewrite at_due_lost, at_due_kept; auto; intros p Hp Ed.
    + apply negb_true_iff, not_true_iff_false. intros Hs.
      apply (finest_due w at_ l p I E Hp) in Hs. lia.
    + apply not_true_iff_false. intros Hs.
      apply (finest_due w at_ l p I E Hp) in Hs. lia.
Qed.

(* ---- every step keeps the invariant ---- *)

Lemma start_ids : forall w t, ids (start w t) = ids w ++ [id t].
Proof.
  intros w t. unfold ids, pending. cbn. rewrite !map_app. cbn. apply app_assoc.
Qed.

Lemma stop_pending : forall w i, pending (stop w i) = drop i (pending w).
Proof.
  intros w i. unfold pending, drop. cbn. rewrite filter_app. f_equal.
  induction (held w) as [|p l IH]; cbn; auto.
  destruct (Nat.eqb (id (what p)) i); cbn; [| f_equal]; exact IH.
Qed.

Lemma drop_ids : forall i ts, map id (drop i ts) = remove Nat.eq_dec i (map id ts).
Proof.
  induction ts as [|t ts IH]; cbn; auto. destruct (Nat.eq_dec i (id t)) as [-> | N].
  - rewrite Nat.eqb_refl. cbn. auto.
  - destruct (Nat.eqb_spec (id t) i); [congruence |]. cbn. f_equal. exact IH.
Qed.

Lemma NoDup_drop : forall i ts, NoDup (map id ts) -> NoDup (map id (drop i ts)).
Proof.
  induction ts as [|t ts IH]; cbn; intros H; auto. inversion H; subst.
  destruct (negb (Nat.eqb (id t) i)); cbn; auto. constructor; auto.
  intros C. change (In (id t) (map id (drop i ts))) in C. rewrite drop_ids in C.
  apply in_remove in C. tauto.
Qed.

Lemma inv_enter : forall w at_ l, Inv w -> firing w = [] -> next_event w = Some (at_, l) ->
  at_ <= now w -> Inv (enter w at_ l).
Proof.
  intros w at_ l I F E Hn. pose proof (event_ahead w at_ l I E). pose proof (inv_clock w I).
  constructor.
  - cbn. lia.
  - rewrite enter_eq. cbn. intros p Hp. apply filter_In in Hp.
    apply (after_good w at_ l I E p). tauto.
  - rewrite enter_eq. cbn. intros p Hp. apply filter_In in Hp. destruct Hp as [Hp Hs].
    destruct (after_good w at_ l I E p Hp) as [_ R].
    destruct (Z.eq_dec (due (what p)) at_) as [Ed | Nd]; [| lia]. exfalso.
    apply (finest_due w at_ l p I E Hp) in Ed. rewrite Ed in Hs. discriminate.
  - rewrite enter_eq. cbn. intros t Ht. apply in_map_iff in Ht. destruct Ht as [p [<- Hp]].
    apply filter_In in Hp. destruct Hp as [Hp Hs]. apply (finest_due w at_ l p I E Hp). auto.
  - unfold ids. rewrite <- (enter_permutes w at_ l F). apply I.
Qed.

Lemma inv_settle : forall w, Inv w -> firing w = [] ->
  (forall at_ l, next_event w = Some (at_, l) -> now w < at_) -> Inv (settle w).
Proof.
  intros w I F N. pose proof (inv_clock w I).
  assert (Late : forall p, In p (held w) -> now w < slot_start (due (what p)) (lev p)).
  { intros p Hp. destruct (next_event w) as [[at_ l] |] eqn:E.
    - destruct (next_event_some w at_ l I E) as [_ [Min _]]. specialize (Min p Hp).
      specialize (N at_ l eq_refl). lia.
    - rewrite (next_event_none w I E) in Hp. destruct Hp. }
  constructor; cbn.
  - lia.
  - intros p Hp. apply (placed_by_level w); auto.
    pose proof (inv_ahead w I p Hp). specialize (Late p Hp).
    assert (Lp : level (due (what p)) (cursor w) = lev p)
      by (apply lev_of; auto).
    rewrite <- Lp. apply level_stays; try lia; auto. rewrite Lp. exact Late.
  - intros p Hp. specialize (Late p Hp). pose proof (inv_ahead w I p Hp).
    pose proof (slot_start_le B base (due (what p)) (lev p)). lia.
  - rewrite F. intros t [].
  - apply I.
Qed.

(* INVARIANT: whatever the caller and the callbacks do, every step keeps the invariant. *)
Theorem invariant_preserved : forall w a v, Inv w -> step w a v -> Inv v.
Proof.
  intros w a v I S. pose proof (inv_clock w I) as C. destruct S.
  - constructor; cbn.
    + lia.
    + intros p Hp. apply in_app_or in Hp. destruct Hp as [Hp | [<- | []]]; auto.
      apply inv_place; auto.
    + intros p Hp. apply in_app_or in Hp. destruct Hp as [Hp | [<- | []]].
      * apply inv_ahead; auto.
      * cbn. lia.
    + apply inv_due; auto.
    + change (NoDup (ids (start w (Timer i (Z.max d (now w + 1)))))). rewrite start_ids.
      apply (Permutation_NoDup (Permutation_cons_append _ _)).
      constructor; auto. apply I.
  - constructor; cbn.
    + exact C.
    + intros p Hp. apply filter_In in Hp. apply inv_place; tauto.
    + intros p Hp. apply filter_In in Hp. apply inv_ahead; tauto.
    + intros t Ht. apply filter_In in Ht. apply inv_due; tauto.
    + change (NoDup (ids (stop w i))). unfold ids. rewrite stop_pending. apply NoDup_drop, I.
  - exact I.
  - constructor; cbn; try apply I. lia.
  - apply inv_enter; auto.
  - constructor; cbn; try apply I.
    + intros s Hs. apply inv_due; auto. rewrite H. right. auto.
    + pose proof (inv_ids w I) as N. unfold ids, pending in N. rewrite H in N. cbn in N.
      inversion N. auto.
  - apply inv_settle; auto.
Qed.

End Wheel.
