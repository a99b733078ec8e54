(* Lists of timers: what a wheel holds and what it fires, told apart by deadline. Two lists in order
   of deadline that hold the same timers, in the same order, for every deadline are the same list:
   that is how firing in order and in the order of starts is stated. *)
From Coq Require Import ZArith Lia List Bool Permutation Sorted.
Import ListNotations.
Open Scope Z_scope.

Record timer := Timer { id : nat; due : Z }.

Definition at_due (d : Z) (ts : list timer) : list timer := filter (fun t => due t =? d) ts.
Definition drop (i : nat) (ts : list timer) := filter (fun t => negb (Nat.eqb (id t) i)) ts.

Section Lists.

(* A holder of timers, such as a place on a wheel. *)
Variable A : Type.
Variable what : A -> timer.

Lemma filter_none : forall T (f : T -> bool) l, (forall x, In x l -> f x = false) ->
  filter f l = [].
Proof.
  induction l as [|x l IH]; intros H; cbn; auto. rewrite (H x) by (left; auto).
  apply IH. intros y Hy. apply H. right. auto.
Qed.

Lemma filter_all : forall T (f : T -> bool) l, (forall x, In x l -> f x = true) ->
  filter f l = l.
Proof.
  induction l as [|x l IH]; intros H; cbn; auto. rewrite (H x) by (left; auto).
  f_equal. apply IH. intros y Hy. apply H. right. auto.
Qed.

Lemma split_permutes : forall T (f : T -> bool) l,
  Permutation l (filter f l ++ filter (fun x => negb (f x)) l).
Proof.
  induction l as [|x l IH]; cbn; auto. destruct (f x); cbn.
  - constructor. auto.
  - eapply perm_trans; [constructor; exact IH | apply Permutation_middle].
Qed.

Lemma at_due_app : forall d a b, at_due d (a ++ b) = at_due d a ++ at_due d b.
Proof. intros. apply filter_app. Qed.

Lemma at_due_kept : forall d (f : A -> bool) l,
  (forall p, In p l -> due (what p) = d -> f p = true) ->
  at_due d (map what (filter f l)) = at_due d (map what l).
Proof.
  unfold at_due. induction l as [|p l IH]; intros H; cbn; auto.
  specialize (IH (fun q Hq => H q (or_intror Hq))). pose proof (H p (or_introl eq_refl)) as Hp.
  destruct (due (what p) =? d) eqn:E.
  - apply Z.eqb_eq in E. rewrite (Hp E). cbn. rewrite IH. destruct (Z.eqb_spec (due (what p)) d);
      [auto | lia].
  - destruct (f p); cbn; rewrite ?E; auto.
Qed.

Lemma at_due_none : forall d ts, (forall t, In t ts -> due t <> d) -> at_due d ts = [].
Proof.
  intros d ts H. apply filter_none. intros t Ht. apply Z.eqb_neq. apply H. auto.
Qed.

Lemma at_due_lost : forall d (f : A -> bool) l,
  (forall p, In p l -> due (what p) = d -> f p = false) -> at_due d (map what (filter f l)) = [].
Proof.
  intros d f l H. apply at_due_none. intros t Ht. apply in_map_iff in Ht.
  destruct Ht as [p [<- Hp]]. apply filter_In in Hp. destruct Hp as [Hp Hf]. intros Ed.
  rewrite (H p Hp Ed) in Hf. discriminate.
Qed.

(* A list in order of deadline is known by what it holds for each deadline. *)
Lemma same_by_due : forall xs ys,
  StronglySorted (fun s t => due s <= due t) xs -> StronglySorted (fun s t => due s <= due t) ys ->
  (forall d, at_due d xs = at_due d ys) -> xs = ys.
Proof.
  assert (Head : forall x xs y ys, StronglySorted (fun s t => due s <= due t) (y :: ys) ->
    (forall d, at_due d (x :: xs) = at_due d (y :: ys)) -> due y <= due x).
  { intros x xs y ys Sy H. specialize (H (due x)). cbn in H. rewrite Z.eqb_refl in H.
    assert (I : In x (y :: ys)).
    { apply (proj1 (filter_In (fun t => due t =? due x) x (y :: ys))).
      cbn. rewrite <- H. left. auto. }
    destruct I as [-> | I]; [lia |]. inversion Sy as [|? ? _ F]; subst.
    rewrite Forall_forall in F. auto. }
  induction xs as [|x xs IH]; intros [|y ys] Sx Sy H; auto.
  - specialize (H (due y)). cbn in H. rewrite Z.eqb_refl in H. discriminate.
  - specialize (H (due x)). cbn in H. rewrite Z.eqb_refl in H. discriminate.
  - assert (due y <= due x) by (eapply Head; eauto).
    assert (due x <= due y) by (eapply Head; eauto).
    assert (E : due x = due y) by lia.
    assert (xy : x = y).
    { specialize (H (due x)). cbn in H. rewrite <- E, Z.eqb_refl in H. congruence. }
    subst y. f_equal. inversion Sx; inversion Sy; subst. apply IH; auto.
    intros d. specialize (H d). cbn in H. unfold at_due.
    destruct (due x =? d); [injection H as H |]; exact H.
Qed.

Lemma sorted_app : forall a b bound,
  StronglySorted (fun s t => due s <= due t) a -> StronglySorted (fun s t => due s <= due t) b ->
  (forall t, In t a -> due t <= bound) -> (forall t, In t b -> bound <= due t) ->
  StronglySorted (fun s t => due s <= due t) (a ++ b).
Proof.
  induction a as [|x a IH]; intros b bound Sa Sb Ha Hb; cbn; auto.
  inversion Sa as [|? ? Sa' F]; subst. constructor.
  - apply (IH b bound); auto. intros t Ht. apply Ha. right. auto.
  - apply Forall_app. split; auto. apply Forall_forall. intros t Ht.
    pose proof (Ha x (or_introl eq_refl)). pose proof (Hb t Ht). lia.
Qed.

Lemma sorted_same : forall d ts, (forall t, In t ts -> due t = d) ->
  StronglySorted (fun s t => due s <= due t) ts.
Proof.
  induction ts as [|t ts IH]; intros H; constructor.
  - apply IH. intros s Hs. apply H. right. auto.
  - apply Forall_forall. intros s Hs. rewrite (H t), (H s) by (cbn; auto). lia.
Qed.

End Lists.
