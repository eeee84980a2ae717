//! Schemas written briefly, and the laws that every difference obeys.
//!
//! A line is an object; what is indented belongs to the table above. Names without a schema are in
//! `public`, whose namespace object is always there.
//!
//! ```text
//! schema blog
//! enum mood happy sad
//! domain positive bigint
//! domain_check positive.above value>0
//! composite pair a:bigint b:mood
//! range span bigint
//! sequence posts_id_seq owned posts.id
//! table posts unlogged
//!   id bigint default nextval('posts_id_seq') needs sequence:public.posts_id_seq
//!   title text? collate C
//!   twice bigint generated id*2 reads id
//!   primary posts_pkey id
//!   unique posts_title_key title deferrable
//!   foreign posts_author_fkey author users(id) cascade deferrable invalid
//!   check posts_check id>0 reads id
//!   index posts_title_idx title where id>0 fillfactor 70
//!   unique_index posts_title_idx2 title
//!   statistics posts_stat id,title
//!   replica posts_title_idx2
//!   cluster posts_pkey
//! function f() integer body 1 needs function:public.g()
//! view v id:bigint,title:text query 1 needs column:public.posts.id,function:public.f()
//! materialized m query 1 needs view:public.v
//! trigger posts.t of title calls f
//! policy posts.p for app using 1 needs column:public.posts.id
//! owner table:public.posts app
//! grant reader:table:public.posts select
//! comment table:public.posts what is written
//! rename table:public.posts table:public.articles
//! ```

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::str::SplitWhitespace;

use crate::name::{Ident, QualifiedName};
use crate::schema::apply::{apply, apply_backwards};
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

use crate::schema::diff::{Renames, diff, diff_back};
use crate::schema::edges::reads_columns;
use crate::schema::lower::{
    Declared, DeclaredColumn, DeclaredConstraint, DeclaredIdentity, DeclaredIndex, DeclaredObject,
    DeclaredTable,
};
use crate::schema::object::table::Persistence;
use crate::schema::object::{
    Action, Attribute, Check, Cluster, Column, Comment, Composite, Constraint, ConstraintKind,
    Deferrable, Domain, DomainConstraint, Enum, Expression, Firing, ForeignKey, Grant, GrantOption,
    Grantee, Identity, IdentityMode, Index, Key, MaterializedView, Namespace, Owner, OwnerColumn,
    Parallel, Policy, PolicyCommand, PolicyKind, Privilege, Privileges, Range, ReplicaIdentity,
    Routine, RoutineBody, Sequence, SequenceOptions, SqlType, Statistics, StatisticsKind, Table,
    Trigger, TriggerTiming, View, ViewColumn, Volatility,
};
use crate::schema::operation::Operation;
use crate::schema::{Object, ObjectId, Schema};

pub(crate) mod generate;

pub(crate) fn ident(name: &str) -> Ident {
    Ident::new(name).unwrap()
}

/// `posts` or `blog.posts`.
pub(crate) fn qualified(name: &str) -> QualifiedName {
    let (schema, name) = name.split_once('.').unwrap_or(("public", name));
    QualifiedName::parse_parts(schema, name).unwrap()
}

pub(crate) fn id(text: &str) -> ObjectId {
    text.parse().unwrap()
}

/// Hints as `new <- old`, each in full.
pub(crate) fn renames(hints: &[(&str, &str)]) -> Renames {
    Renames {
        by_new: hints.iter().map(|(new, old)| (id(new), id(old))).collect(),
    }
}

type Words<'a> = Peekable<SplitWhitespace<'a>>;

/// Reads the words above.
pub(crate) fn schema(text: &str) -> Schema {
    let mut schema = Schema::new();
    schema.insert(id("schema:public"), Object::Namespace(Namespace {}));
    let types: Vec<QualifiedName> = text
        .lines()
        .filter_map(|line| {
            let line = line.trim();
            ["enum ", "domain ", "composite ", "range "]
                .iter()
                .find_map(|word| line.strip_prefix(word))
        })
        .filter_map(|line| line.split_whitespace().next())
        .map(qualified)
        .collect();
    let mut table = qualified("none");
    for line in text.lines() {
        let inside = line.starts_with("  ") && line.trim_start() != line;
        let mut words = line.split_whitespace().peekable();
        let Some(word) = words.next() else { continue };
        if inside && !is_whole(word) {
            part(&mut schema, &types, &table, word, &mut words);
            continue;
        }
        let name = words.next().expect("a name");
        match word {
            "schema" => {
                schema.insert(
                    ObjectId::Namespace(ident(name)),
                    Object::Namespace(Namespace {}),
                );
            }
            "enum" => {
                let values = words.map(str::to_owned).collect();
                schema.insert(
                    ObjectId::Enum(qualified(name)),
                    Object::Enum(Enum { values }),
                );
            }
            "domain" => {
                let base = sql_type(words.next().unwrap(), &types);
                schema.insert(
                    ObjectId::Domain(qualified(name)),
                    Object::Domain(Domain::over(base)),
                );
            }
            "domain_check" => {
                let (domain, name) = name.split_once('.').unwrap();
                let id = ObjectId::DomainConstraint {
                    domain: qualified(domain),
                    name: ident(name),
                };
                let constraint = DomainConstraint {
                    expression: Expression(words.next().unwrap().to_owned()),
                    validated: !flag(&mut words, "invalid"),
                };
                schema.insert(id, Object::DomainConstraint(constraint));
            }
            "composite" => {
                let attributes = words.map(|word| {
                    let (name, ty) = word.split_once(':').unwrap();
                    Attribute {
                        name: ident(name),
                        sql_type: sql_type(ty, &types),
                        collation: None,
                    }
                });
                let composite = Composite {
                    attributes: attributes.collect(),
                };
                schema.insert(
                    ObjectId::Composite(qualified(name)),
                    Object::Composite(composite),
                );
            }
            "range" => {
                let mut range = Range::of(sql_type(words.next().unwrap(), &types));
                range.multirange = Some(qualified(&format!("{name}_multirange")));
                schema.insert(ObjectId::Range(qualified(name)), Object::Range(range));
            }
            "sequence" => {
                let data_type = SqlType::Builtin("bigint".to_owned());
                let owned_by = flag(&mut words, "owned").then(|| {
                    let (table, column) = words.next().unwrap().rsplit_once('.').unwrap();
                    OwnerColumn {
                        table: qualified(table),
                        column: ident(column),
                    }
                });
                let options = SequenceOptions::of_type(&data_type);
                let sequence = Sequence {
                    data_type,
                    options,
                    owned_by,
                    persistence: None,
                    logging: Default::default(),
                };
                schema.insert(
                    ObjectId::Sequence(qualified(name)),
                    Object::Sequence(sequence),
                );
            }
            "table" => {
                table = qualified(name);
                let persistence = match words.next() {
                    Some(_) => Persistence::Unlogged,
                    None => Persistence::Logged,
                };
                let object = Object::Table(Table::of(persistence));
                schema.insert(ObjectId::Table(table.clone()), object);
            }
            "function" => {
                let name = qualified(name.trim_end_matches("()"));
                let id = ObjectId::Function {
                    name,
                    arguments: String::new(),
                };
                let result = words.next().expect("a type").to_owned();
                let body = value(&mut words, "body").unwrap_or_default();
                needs(&mut schema, &id, &mut words);
                schema.insert(id, Object::Routine(function(result, body)));
            }
            "view" => {
                let id = ObjectId::View(qualified(name));
                let columns = words.next().expect("columns").split(',').map(|column| {
                    let (name, sql_type) = column.split_once(':').unwrap();
                    ViewColumn {
                        name: ident(name),
                        sql_type: Expression(sql_type.to_owned()),
                        collation: None,
                    }
                });
                let view = View {
                    columns: columns.collect(),
                    query: Expression(value(&mut words, "query").unwrap_or_default()),
                    options: BTreeMap::new(),
                    defaults: BTreeMap::new(),
                };
                needs(&mut schema, &id, &mut words);
                schema.insert(id, Object::View(view));
            }
            "materialized" => {
                let id = ObjectId::MaterializedView(qualified(name));
                let view = MaterializedView {
                    query: Expression(value(&mut words, "query").unwrap_or_default()),
                    method: None,
                    storage: BTreeMap::new(),
                    tablespace: None,
                    populated: true,
                };
                needs(&mut schema, &id, &mut words);
                schema.insert(id, Object::MaterializedView(view));
            }
            "trigger" => {
                let (on, name) = name.rsplit_once('.').unwrap();
                let id = ObjectId::Trigger {
                    table: qualified(on),
                    name: ident(name),
                };
                let of = value(&mut words, "of").map(|of| columns(&of));
                let function = value(&mut words, "calls").expect("a function");
                schema.insert(
                    id,
                    Object::Trigger(trigger(of.unwrap_or_default(), &function)),
                );
            }
            "policy" => {
                let (on, name) = name.rsplit_once('.').unwrap();
                let id = ObjectId::Policy {
                    table: qualified(on),
                    name: ident(name),
                };
                let role = value(&mut words, "for").expect("a role");
                let using = value(&mut words, "using").map(Expression);
                needs(&mut schema, &id, &mut words);
                let policy = Policy {
                    kind: PolicyKind::Permissive,
                    command: PolicyCommand::All,
                    roles: [Grantee::Role(ident(&role))].into(),
                    using,
                    check: None,
                };
                schema.insert(id, Object::Policy(policy));
            }
            "owner" => {
                let role = ident(words.next().expect("a role"));
                schema.insert(id(&format!("owner:{name}")), Object::Owner(Owner { role }));
            }
            "grant" => {
                let privileges = words.map(|word| {
                    let privilege = Privilege::of_word(&word.to_uppercase()).unwrap();
                    (privilege, GrantOption::Without)
                });
                let grant = Grant {
                    privileges: privileges.collect(),
                    initial: Privileges::new(),
                };
                schema.insert(id(&format!("grant:{name}")), Object::Grant(grant));
            }
            "comment" => {
                let text = words.collect::<Vec<_>>().join(" ");
                let on = ObjectId::Comment(Box::new(id(name)));
                schema.insert(on, Object::Comment(Comment { text }));
            }
            other => panic!("no such word: {other}"),
        }
    }
    schema
}

fn function(result: String, body: String) -> Routine {
    Routine {
        parameters: Vec::new(),
        result: Some(Expression(result)),
        returns_set: false,
        language: "sql".to_owned(),
        body: RoutineBody::Source(body),
        window: false,
        volatility: Volatility::Volatile,
        strict: false,
        leakproof: false,
        security_definer: false,
        parallel: Parallel::Unsafe,
        cost: None,
        rows: None,
        support: None,
        settings: Vec::new(),
        transforms: Vec::new(),
    }
}

fn trigger(update_columns: Vec<Ident>, function: &str) -> Trigger {
    Trigger {
        timing: TriggerTiming::Before,
        on_insert: false,
        on_update: true,
        update_columns,
        on_delete: false,
        on_truncate: false,
        each_row: true,
        condition: None,
        old_table: None,
        new_table: None,
        constraint: None,
        function: qualified(function),
        arguments: Vec::new(),
        firing: Firing::Origin,
    }
}

/// Records what an object needs.
fn needs(schema: &mut Schema, id: &ObjectId, words: &mut Words<'_>) {
    if let Some(needed) = value(words, "needs") {
        let needed = needed.split(',').map(self::id);
        schema.depends.entry(id.clone()).or_default().extend(needed);
    }
    assert_eq!(words.next(), None, "of {id}");
}

/// Whether a word begins an object that stands by itself.
fn is_whole(word: &str) -> bool {
    matches!(
        word,
        "schema"
            | "enum"
            | "domain"
            | "domain_check"
            | "composite"
            | "range"
            | "sequence"
            | "table"
            | "comment"
            | "policy"
            | "owner"
            | "grant"
            | "function"
            | "view"
            | "materialized"
            | "trigger"
    )
}

/// A type, which is one of ours or of Postgres.
fn sql_type(text: &str, types: &[QualifiedName]) -> SqlType {
    let named = qualified(text.trim_end_matches("[]"));
    if types.contains(&named) {
        SqlType::Named {
            name: named,
            modifier: None,
            array: text.ends_with("[]"),
        }
    } else {
        SqlType::Builtin(text.to_owned())
    }
}

fn part(
    schema: &mut Schema,
    types: &[QualifiedName],
    table: &QualifiedName,
    word: &str,
    words: &mut Words<'_>,
) {
    let constraint = |name: &str| ObjectId::Constraint {
        table: table.clone(),
        name: ident(name),
    };
    let (id, object) = match word {
        "primary" | "unique" => {
            let name = words.next().unwrap();
            let key = Key {
                columns: columns(words.next().unwrap()),
                ..Key::default()
            };
            let kind = match word {
                "primary" => ConstraintKind::PrimaryKey(key),
                _ => ConstraintKind::Unique(key),
            };
            (
                constraint(name),
                Object::Constraint(with_flags(kind, words)),
            )
        }
        "foreign" => {
            let name = words.next().unwrap();
            let own = columns(words.next().unwrap());
            let (references, referenced) = words.next().unwrap().split_once('(').unwrap();
            let foreign_key = ForeignKey {
                columns: own,
                references: qualified(references),
                referenced_columns: columns(referenced.trim_end_matches(')')),
                match_type: crate::schema::object::MatchType::Simple,
                on_update: Action::NoAction,
                on_delete: if flag(words, "cascade") {
                    Action::Cascade
                } else {
                    Action::NoAction
                },
                on_delete_columns: Vec::new(),
                period: false,
            };
            let kind = ConstraintKind::ForeignKey(foreign_key);
            (
                constraint(name),
                Object::Constraint(with_flags(kind, words)),
            )
        }
        "check" => {
            let name = words.next().unwrap();
            let expression = Expression(words.next().unwrap().to_owned());
            let kind = ConstraintKind::Check(Check {
                expression,
                no_inherit: false,
            });
            (
                constraint(name),
                Object::Constraint(with_flags(kind, words)),
            )
        }
        "index" | "unique_index" => {
            let name = QualifiedName::new(table.schema.clone(), ident(words.next().unwrap()));
            let mut index = Index::on(table.clone(), columns(words.next().unwrap()));
            index.unique = word == "unique_index";
            index.predicate = value(words, "where").map(Expression);
            index
                .storage
                .extend(value(words, "fillfactor").map(|v| ("fillfactor".to_owned(), v)));
            (ObjectId::Index(name), Object::Index(index))
        }
        "statistics" => {
            let name = QualifiedName::new(table.schema.clone(), ident(words.next().unwrap()));
            let statistics = Statistics {
                table: table.clone(),
                kinds: [StatisticsKind::Distinct].into(),
                columns: columns(words.next().unwrap()).into_iter().collect(),
                expressions: Vec::new(),
                target: value(words, "target").map(|target| target.parse().unwrap()),
            };
            (ObjectId::Statistics(name), Object::Statistics(statistics))
        }
        "replica" => {
            let identity = match words.next().unwrap() {
                "full" => ReplicaIdentity::Full,
                index => ReplicaIdentity::Index(ident(index)),
            };
            let id = ObjectId::ReplicaIdentity(table.clone());
            (id, Object::ReplicaIdentity(identity))
        }
        "cluster" => {
            let index = ident(words.next().unwrap());
            let id = ObjectId::Cluster(table.clone());
            (id, Object::Cluster(Cluster { index }))
        }
        name => {
            let written = words.next().unwrap();
            let sql_type = sql_type(written.trim_end_matches('?'), types);
            let options = SequenceOptions::of_type(&sql_type);
            let column = Column {
                nullable: written.ends_with('?'),
                collation: value(words, "collate")
                    .map(|name| QualifiedName::parse_parts("pg_catalog", &name).unwrap()),
                default: value(words, "default").map(Expression),
                identity: flag(words, "identity").then_some(Identity {
                    mode: IdentityMode::ByDefault,
                    options,
                }),
                generated: value(words, "generated").map(Expression),
                ..Column::of_type(sql_type)
            };
            let id = ObjectId::Column {
                table: table.clone(),
                name: ident(name),
            };
            (id, Object::Column(column))
        }
    };
    if let Some(read) = value(words, "reads") {
        let read = columns(&read).into_iter();
        let read = read.map(|name| ObjectId::Column {
            table: table.clone(),
            name,
        });
        schema.depends.entry(id.clone()).or_default().extend(read);
    }
    if let Some(needed) = value(words, "needs") {
        schema
            .depends
            .entry(id.clone())
            .or_default()
            .insert(self::id(&needed));
    }
    assert_eq!(words.next(), None, "of {id}");
    schema.insert(id, object);
}

fn with_flags(kind: ConstraintKind, words: &mut Words<'_>) -> Constraint {
    let mut constraint = Constraint::of(kind);
    if flag(words, "deferrable") {
        constraint.deferrable = Deferrable::Immediate;
    }
    constraint.validated = !flag(words, "invalid");
    constraint
}

fn columns(text: &str) -> Vec<Ident> {
    text.split(',').map(ident).collect()
}

fn flag(words: &mut Words<'_>, word: &str) -> bool {
    words.next_if(|next| *next == word).is_some()
}

fn value(words: &mut Words<'_>, word: &str) -> Option<String> {
    flag(words, word).then(|| words.next().expect("a value").to_owned())
}

/// A schema as models would state it: all but sequences and odd comments, in full; constraints and indexes are
/// unnamed unless their name begins with `my_`.
pub(crate) fn declared(schema: &Schema, renames: Renames) -> Declared {
    let said = |id: &ObjectId| match id {
        ObjectId::Constraint { name, .. } => name.as_str().starts_with("my_"),
        ObjectId::Index(name) => name.name.as_str().starts_with("my_"),
        _ => true,
    };
    let stated = |id: &ObjectId| match id {
        ObjectId::Comment(on) => {
            matches!(
                **on,
                ObjectId::Table(_) | ObjectId::Column { .. } | ObjectId::Enum(_)
            )
        }
        _ => true,
    };
    let objects = schema.objects.iter().filter_map(|(id, object)| {
        let stated = match object.clone() {
            Object::Namespace(namespace) => DeclaredObject::Namespace(namespace),
            Object::Enum(stated) => DeclaredObject::Enum(stated),
            Object::Sequence(_)
            | Object::View(_)
            | Object::MaterializedView(_)
            | Object::Rule(_)
            | Object::Routine(_)
            | Object::Aggregate(_)
            | Object::Trigger(_)
            | Object::EventTrigger(_)
            | Object::Extension(_)
            | Object::Domain(_)
            | Object::DomainConstraint(_)
            | Object::Composite(_)
            | Object::Range(_)
            | Object::Collation(_)
            | Object::ReplicaIdentity(_)
            | Object::Cluster(_)
            | Object::Typed(_)
            | Object::Statistics(_)
            | Object::Policy(_)
            | Object::Owner(_)
            | Object::Grant(_)
            | Object::Partition(_)
            | Object::Inheritance(_)
            | Object::Attached(_)
            | Object::Wrapper(_)
            | Object::Server(_)
            | Object::UserMapping(_)
            | Object::Publication(_)
            | Object::PublicationTable(_)
            | Object::PublicationSchema(_)
            | Object::Subscription(_)
            | Object::SearchParser(_)
            | Object::SearchTemplate(_)
            | Object::SearchDictionary(_)
            | Object::SearchConfiguration(_)
            | Object::Operator(_)
            | Object::OperatorFamily(_)
            | Object::OperatorClass(_)
            | Object::FamilyMember(_)
            | Object::Cast(_)
            | Object::Conversion(_)
            | Object::Language(_)
            | Object::AccessMethod(_) => return None,
            Object::Comment(_) if !stated(id) => return None,
            Object::Table(Table { persistence, .. }) => DeclaredObject::Table(DeclaredTable {
                persistence: (persistence == Persistence::Unlogged).then_some(persistence),
            }),
            Object::Column(column) => DeclaredObject::Column(DeclaredColumn {
                sql_type: column.sql_type,
                nullable: column.nullable,
                collation: column.collation,
                default: column.default,
                identity: column.identity.map(|identity| DeclaredIdentity {
                    mode: identity.mode,
                    start: None,
                    increment: None,
                    min: None,
                    max: None,
                    cache: None,
                    cycle: None,
                }),
                generated: column.generated,
                serial: false,
            }),
            Object::Constraint(constraint) => DeclaredObject::Constraint(DeclaredConstraint {
                constraint,
                named: said(id),
            }),
            Object::Index(index) => DeclaredObject::Index(DeclaredIndex {
                storage_said: !index.storage.is_empty(),
                index,
                named: said(id),
            }),
            Object::Comment(comment) => DeclaredObject::Comment(comment),
        };
        Some((id.clone(), stated))
    });
    Declared {
        objects: objects.collect(),
        column_order: schema.column_order.clone(),
        renames,
        ..Declared::default()
    }
}

/// So many cases, the same in every run: set `PROPTEST_RNG_SEED` to a number for others, and
/// `PROPTEST_CASES` for more.
pub(crate) fn cases(cases: u32) -> ProptestConfig {
    let chosen = ProptestConfig::default();
    ProptestConfig {
        cases: match std::env::var_os("PROPTEST_CASES") {
            Some(_) => chosen.cases,
            None => cases,
        },
        rng_seed: match chosen.rng_seed {
            RngSeed::Random => RngSeed::Fixed(1),
            chosen @ RngSeed::Fixed(_) => chosen,
        },
        ..chosen
    }
}

/// Compares two schemas and checks every law; returns the operations there.
#[track_caller]
pub(crate) fn lawful(from: &Schema, to: &Schema, renames: &Renames) -> Vec<Operation> {
    let up = one_way(from, to, renames, diff);
    // With the sides the other way round, as for everything else here.
    let down = one_way(to, from, renames, |from, to, renames| {
        diff_back(to, from, renames)
    });

    // The way back is the way there turned around, up to what is altered or replaced meanwhile.
    let comes_and_goes = |operations: &[Operation]| -> BTreeSet<ObjectId> {
        let ids = operations.iter().map(|operation| operation.id().clone());
        ids.filter(|id| from.get(id).is_some() != to.get(id).is_some())
            .collect()
    };
    let renamed = |operation: &Operation| matches!(operation, Operation::Rename { .. });
    // A type may step aside on one of the ways alone.
    if renames.by_new.is_empty() && !up.iter().chain(&down).any(renamed) {
        assert_eq!(comes_and_goes(&up), comes_and_goes(&down));
    }
    // Which is to be had by reversing, too.
    let mut schema = to.clone();
    let reversed: Vec<Operation> = up.iter().rev().cloned().map(Operation::reverse).collect();
    apply_backwards(&mut schema, &reversed)
        .unwrap_or_else(|error| panic!("{error}\n{}", words(&reversed)));
    assert_same(&schema, from, &reversed);
    up
}

#[track_caller]
fn one_way(
    from: &Schema,
    to: &Schema,
    renames: &Renames,
    diff: impl Fn(&Schema, &Schema, &Renames) -> Vec<Operation>,
) -> Vec<Operation> {
    let operations = diff(from, to, renames);
    let none = |operations: Vec<Operation>, why| {
        assert!(operations.is_empty(), "{why}\n{}", words(&operations));
    };
    none(diff(from, from, renames), "nothing differs from itself");
    let twice: Vec<Operation> = operations
        .iter()
        .cloned()
        .map(|operation| operation.reverse().reverse())
        .collect();
    assert!(twice == operations, "reversing twice is the identity");

    let mut schema = from.clone();
    apply(&mut schema, &operations)
        .unwrap_or_else(|error| panic!("{error}\n{}", words(&operations)));
    assert_same(&schema, to, &operations);
    none(diff(&schema, to, renames), "done once is done");

    // Edges that say nothing new, and the columns of tables that stay in another order. (Dropped
    // columns go in theirs, so that the way back makes them in it.)
    let mut shuffled = from.clone();
    let dropped: BTreeSet<ObjectId> = operations
        .iter()
        .filter(|operation| matches!(operation, Operation::Drop { .. }))
        .map(|operation| operation.id().clone())
        .collect();
    for (table, columns) in &mut shuffled.column_order {
        let goes = |name: &Ident| {
            let (table, name) = (table.clone(), name.clone());
            dropped.contains(&ObjectId::Column { table, name })
        };
        if renames.by_new.is_empty() && !columns.iter().any(goes) {
            columns.reverse();
        }
    }
    for (id, object) in &from.objects {
        if !reads_columns(object) {
            let needed = object.requires(id);
            shuffled
                .depends
                .entry(id.clone())
                .or_default()
                .extend(needed);
        }
    }
    let again = diff(&shuffled, to, renames);
    assert!(
        again == operations,
        "input order counts\n{}\nbefore\n{}",
        words(&again),
        words(&operations)
    );
    operations
}

#[track_caller]
fn assert_same(is: &Schema, wanted: &Schema, operations: &[Operation]) {
    if is != wanted {
        let ids = is.objects.keys().chain(wanted.objects.keys());
        let differs: Vec<String> = ids
            .filter(|id| is.get(id) != wanted.get(id))
            .map(|id| {
                format!(
                    "{id}\n  is     {:?}\n  wanted {:?}",
                    is.get(id),
                    wanted.get(id)
                )
            })
            .collect();
        panic!("{}\nafter\n{}", differs.join("\n"), words(operations));
    }
}

/// Operations as people read them, a line each.
pub(crate) fn words(operations: &[Operation]) -> String {
    operations
        .iter()
        .map(|operation| format!("{operation}\n"))
        .collect()
}
