//! Settings: what an administrator sets of an object without making another one of it. Where its bytes lie, how finely
//! its statistics are gathered, whether its policies hold.
//!
//! A struct has no words for most of them, and whoever runs a database tunes them there. So they are compared by rules
//! of their own; which attributes they are is said here, once.

use std::collections::BTreeMap;

use crate::schema::object::{Firing, IndexSettings, Object};

/// What to do with a setting of one object, beside that of another of the same kind, and of a third, where there is one.
trait Rule {
    fn setting<T: Clone + Default + PartialEq>(&self, mine: &mut T, other: &T, third: Option<&T>);

    /// When a trigger or rule fires. It is what they are for, and so a setting only where somebody turned it.
    fn firing(&self, _mine: &mut Firing, _other: &Firing, _third: Option<&Firing>) {}

    /// A setting of parts, where the other has other parts.
    fn apart<T: Clone>(&self, _mine: &mut T, _third: Option<&T>) {}

    /// Parameters, each a setting of its own.
    fn parameters<K, V>(
        &self,
        mine: &mut BTreeMap<K, V>,
        other: &BTreeMap<K, V>,
        third: Option<&BTreeMap<K, V>>,
    ) where
        K: Ord + Clone,
        V: Clone + PartialEq,
    {
        let names: Vec<K> = mine.keys().chain(other.keys()).cloned().collect();
        for name in names {
            let mut value = mine.remove(&name);
            let third = third.map(|third| third.get(&name).cloned());
            self.setting(&mut value, &other.get(&name).cloned(), third.as_ref());
            if let Some(value) = value {
                mine.insert(name, value);
            }
        }
    }
}

/// An object as it is stated, with what `live` has of the settings that are unsaid; but for those that live has
/// because they were stated `once`.
pub(crate) fn following(stated: &Object, live: &Object, once: Option<&Object>) -> Object {
    struct Follow;
    impl Rule for Follow {
        fn setting<T: Clone + Default + PartialEq>(
            &self,
            mine: &mut T,
            other: &T,
            third: Option<&T>,
        ) {
            if *mine == T::default() && third != Some(other) {
                mine.clone_from(other);
            }
        }
    }
    settle(&Follow, stated, live, once)
}

/// A live object without the settings of which the revisions, which make `made`, say nothing.
pub fn without_own(live: &Object, made: &Object) -> Object {
    struct Forget;
    impl Rule for Forget {
        fn setting<T: Clone + Default + PartialEq>(&self, mine: &mut T, other: &T, _: Option<&T>) {
            if *other == T::default() {
                *mine = T::default();
            }
        }
    }
    settle(&Forget, live, made, None)
}

/// Both sides of a difference without the settings that are the database's own, where the revisions make `made` of the
/// object: what is stated to be otherwise than they make it, and what is put right again, is said; the rest is not.
pub fn as_made(live: &Object, desired: Option<&Object>, made: &Object) -> (Object, Option<Object>) {
    struct Before;
    impl Rule for Before {
        fn setting<T: Clone + Default + PartialEq>(
            &self,
            mine: &mut T,
            other: &T,
            third: Option<&T>,
        ) {
            if let Some(made) = third.filter(|made| *made != other) {
                mine.clone_from(made);
            }
        }

        fn firing(&self, mine: &mut Firing, other: &Firing, third: Option<&Firing>) {
            self.setting(mine, other, third);
        }

        fn apart<T: Clone>(&self, mine: &mut T, third: Option<&T>) {
            if let Some(made) = third {
                mine.clone_from(made);
            }
        }
    }
    struct After;
    impl Rule for After {
        fn setting<T: Clone + Default + PartialEq>(
            &self,
            mine: &mut T,
            other: &T,
            third: Option<&T>,
        ) {
            if let Some(made) = third.filter(|_| mine == other) {
                mine.clone_from(made);
            }
        }

        fn firing(&self, mine: &mut Firing, other: &Firing, third: Option<&Firing>) {
            self.setting(mine, other, third);
        }
    }
    let before = settle(&Before, live, desired.unwrap_or(live), Some(made));
    let after = desired.map(|desired| settle(&After, desired, live, Some(made)));
    (before, after)
}

fn settle(rule: &impl Rule, mine: &Object, other: &Object, third: Option<&Object>) -> Object {
    let mut mine = mine.clone();
    /// The rule over the same fields of all three.
    macro_rules! each {
        ($kind:ident, $mine:ident, $other:ident: $($how:ident $field:ident),+) => {{
            let third = match third {
                Some(Object::$kind(third)) => Some(third),
                _ => None,
            };
            $(rule.$how(&mut $mine.$field, &$other.$field, third.map(|third| &third.$field));)+
        }};
    }
    match (&mut mine, other) {
        (Object::Table(mine), Object::Table(other)) => {
            each!(Table, mine, other: setting access_method, setting tablespace, parameters storage);
            let third = match third {
                Some(Object::Table(third)) => Some(&third.row_security),
                _ => None,
            };
            let (mine, other) = (&mut mine.row_security, &other.row_security);
            rule.setting(
                &mut mine.enabled,
                &other.enabled,
                third.map(|third| &third.enabled),
            );
            rule.setting(
                &mut mine.forced,
                &other.forced,
                third.map(|third| &third.forced),
            );
        }
        (Object::Column(mine), Object::Column(other)) => {
            each!(Column, mine, other: setting storage, setting compression, setting statistics, parameters options);
        }
        (Object::Index(mine), Object::Index(other)) => {
            each!(Index, mine, other: parameters storage, setting tablespace);
            // They are of elements, by their numbers.
            if mine.elements == other.elements {
                each!(Index, mine, other: parameters statistics);
            } else {
                let third = match third {
                    Some(Object::Index(third)) => Some(&third.statistics),
                    _ => None,
                };
                rule.apart(&mut mine.statistics, third);
            }
        }
        (Object::Constraint(mine), Object::Constraint(other)) => {
            let third = match third {
                Some(Object::Constraint(third)) => third.kind.settings(),
                _ => None,
            };
            if let (Some(mine), Some(other)) = (mine.kind.settings_mut(), other.kind.settings()) {
                let IndexSettings {
                    storage,
                    tablespace,
                    comment,
                } = mine;
                rule.parameters(storage, &other.storage, third.map(|third| &third.storage));
                rule.setting(
                    tablespace,
                    &other.tablespace,
                    third.map(|third| &third.tablespace),
                );
                rule.setting(comment, &other.comment, third.map(|third| &third.comment));
            }
        }
        (Object::MaterializedView(mine), Object::MaterializedView(other)) => {
            each!(MaterializedView, mine, other: setting method, setting tablespace, parameters storage);
        }
        (Object::Statistics(mine), Object::Statistics(other)) => {
            each!(Statistics, mine, other: setting target);
        }
        (Object::Trigger(mine), Object::Trigger(other)) => {
            each!(Trigger, mine, other: firing firing);
        }
        (Object::Rule(mine), Object::Rule(other)) => {
            each!(Rule, mine, other: firing firing);
        }
        _ => {}
    }
    mine
}
