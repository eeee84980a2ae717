//! What is made anew keeps what a database says of it: who owns it, who may do what with it, the comments on it, and
//! how it is set. Of what nobody can own, only where something is said when the revision is generated.
//!
//! That is another thing in every database, and no revision's: it is noted when a script begins, by the database that
//! it runs in, and put back when the script ends. What a script says itself is left as it says.

use limbeck_core::schema::object::{Column, Compression, Firing, Index, Storage};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Schema};

use super::comment::target;
use super::grant::granted_on;
use super::routine::as_function;
use crate::quote::{Naming, dollar, ident, literal};
use crate::statement::{Statement, TransactionNeed};

/// Something that is dropped and made again: what it is called at the beginning, and at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Again {
    pub(crate) before: ObjectId,
    pub(crate) after: ObjectId,
}

impl Again {
    /// Whether it is worth noting wherever it is made again: somebody may own it, be granted something on it, or have
    /// turned it off.
    pub(crate) fn is_entrusted(&self) -> bool {
        matches!(
            self.after,
            ObjectId::Table(_)
                | ObjectId::Column { .. }
                | ObjectId::View(_)
                | ObjectId::MaterializedView(_)
                | ObjectId::Sequence(_)
                | ObjectId::Enum(_)
                | ObjectId::Domain(_)
                | ObjectId::Composite(_)
                | ObjectId::Range(_)
                | ObjectId::Function { .. }
                | ObjectId::Procedure { .. }
                | ObjectId::Aggregate { .. }
                | ObjectId::Trigger { .. }
                | ObjectId::Rule { .. }
        )
    }

    /// Whether something is said of this, or of a part of it.
    pub(crate) fn is_of(&self, said: &ObjectId) -> bool {
        let on = match said {
            ObjectId::Comment(on) | ObjectId::Owner(on) => on,
            ObjectId::Grant { on, grantee: _ } => on,
            _ => return false,
        };
        let relation = match &self.before {
            ObjectId::Table(name) | ObjectId::View(name) | ObjectId::MaterializedView(name) => {
                Some(name)
            }
            _ => None,
        };
        **on == self.before
            || matches!(&**on, ObjectId::Column { table, name: _ } if Some(table) == relation)
    }
}

/// Where an object stands in the catalog.
struct Address {
    /// The catalog.
    class: &'static str,
    /// Its number.
    object: String,
    /// The column, where it is one.
    column: Option<Ident>,
}

fn address(id: &ObjectId, naming: &Naming) -> Option<Address> {
    let of = |class, text: &str, kind: &str| {
        Some(Address {
            class,
            object: format!("{}::{kind}::oid", literal(text)),
            column: None,
        })
    };
    let relation = |name: &QualifiedName| {
        let name = literal(naming.qualified(name).as_str());
        format!("{name}::regclass")
    };
    let part = |class, key: &str, table: &QualifiedName, label: &str, name: &Ident| {
        Some(Address {
            class,
            object: format!(
                "(SELECT oid FROM pg_catalog.{class} WHERE {key} = {} AND {label} = {})",
                relation(table),
                literal(name.as_str())
            ),
            column: None,
        })
    };
    match id {
        ObjectId::Table(name)
        | ObjectId::View(name)
        | ObjectId::MaterializedView(name)
        | ObjectId::Sequence(name)
        | ObjectId::Index(name) => of("pg_class", naming.qualified(name).as_str(), "regclass"),
        ObjectId::Column { table, name } => Some(Address {
            column: Some(name.clone()),
            ..of("pg_class", naming.qualified(table).as_str(), "regclass")?
        }),
        ObjectId::Enum(name)
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name) => of("pg_type", naming.type_name(name).as_str(), "regtype"),
        ObjectId::Function { .. } | ObjectId::Procedure { .. } | ObjectId::Aggregate { .. } => {
            let called = as_function(id, naming);
            // No text of a routine's number has the modes of its arguments.
            let modes = ["VARIADIC ", "OUT ", "ORDER BY "];
            if modes.iter().any(|mode| called.contains(mode)) {
                return None;
            }
            of("pg_proc", &called, "regprocedure")
        }
        ObjectId::Constraint { table, name } => {
            part("pg_constraint", "conrelid", table, "conname", name)
        }
        ObjectId::Trigger { table, name } => part("pg_trigger", "tgrelid", table, "tgname", name),
        ObjectId::Rule { table, name } => part("pg_rewrite", "ev_class", table, "rulename", name),
        ObjectId::Policy { table, name } => part("pg_policy", "polrelid", table, "polname", name),
        _ => None,
    }
}

/// A script that keeps what is said of some objects, and those of them that it keeps it of. What revisions say of them
/// themselves, as `from` has it, is theirs to change.
pub(crate) fn keep(
    script: &mut Vec<Statement>,
    made: &[Again],
    from: &Schema,
    naming: &Naming,
) -> Vec<Again> {
    let kept: Vec<(&Again, Address, Address)> = made
        .iter()
        .filter_map(|again| {
            let Again { before, after } = again;
            target(after, naming)?;
            Some((again, address(before, naming)?, address(after, naming)?))
        })
        .collect();
    if kept.is_empty() {
        return Vec::new();
    }
    let before = facts(kept.iter().map(|(_, before, _)| before));
    let after = facts(kept.iter().map(|(_, _, after)| after));
    let targets: Vec<String> = kept
        .iter()
        .enumerate()
        .map(|(number, (again, _, _))| {
            let Again { before, after } = again;
            let text = |text: Option<String>| {
                text.map_or("NULL".to_owned(), |text| literal(&text).to_string())
            };
            let parts = Parts::of(after, naming);
            let own: Vec<String> = said_by_revisions(before, from)
                .iter()
                .map(|own| literal(own).to_string())
                .collect();
            format!(
                "({number}, {}, {}, {}, {}, {}, ARRAY[{}]::text[])",
                text(granted_on(after, naming)),
                text(target(after, naming)),
                text(parts.relation),
                text(parts.set),
                text(parts.switched),
                own.join(", ")
            )
        })
        .collect();
    let remember = format!(
        "
-- Who owns what is made anew, who may do what with it, the comments on it and how it is set are each database's own:
-- they are noted here, and put back at the end.
BEGIN
    PERFORM pg_catalog.set_config('limbeck.said', (
        SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(f))::text
        FROM (
            {before}
        ) AS f
    ), true);
END
"
    );
    let put_back = format!(
        "
-- Puts back what was noted at the beginning.
DECLARE
    change text;
BEGIN
    FOR change IN
        WITH before AS (
            SELECT b.number, b.col, b.fact, b.words, b.option
            FROM pg_catalog.jsonb_to_recordset(
                nullif(pg_catalog.current_setting('limbeck.said', true), '')::jsonb
            ) AS b (number integer, col text, fact text, words text, option boolean)
        ), now AS (
            {after}
        ), made (number, granted, called, relation, settable, switched, own) AS (
            VALUES {targets}
        ), missing AS (
            SELECT b.number, b.col, b.fact, b.words, b.option
            FROM before AS b
            JOIN made AS m ON m.number = b.number
            -- A column that is not there any more takes along what is said of it.
            WHERE b.col IS NULL OR EXISTS (
                SELECT FROM pg_catalog.pg_attribute AS a
                WHERE a.attrelid = pg_catalog.to_regclass(m.relation) AND a.attname = b.col
                  AND NOT a.attisdropped
            )
            EXCEPT SELECT * FROM now
        ), added AS (
            SELECT * FROM now WHERE EXISTS (SELECT FROM before) EXCEPT SELECT * FROM before
        ), unsaid AS (
            SELECT b.number, b.col, b.fact, b.words, m.called, m.relation, m.settable, m.switched
            FROM missing AS b
            JOIN made AS m ON m.number = b.number
            WHERE CASE b.fact
                WHEN 'index' THEN 'index ' || pg_catalog.split_part(b.words, E'\\n', 2) <> ALL (m.own)
                    AND pg_catalog.to_regclass(pg_catalog.split_part(b.words, E'\\n', 1)) IS NULL
                ELSE pg_catalog.concat_ws(' ', b.col, b.fact, b.words) <> ALL (m.own) AND NOT EXISTS (
                    SELECT FROM now AS n
                    WHERE n.number = b.number AND n.col IS NOT DISTINCT FROM b.col AND n.fact = b.fact
                      AND (n.fact <> 'set'
                        OR pg_catalog.split_part(n.words, '=', 1) = pg_catalog.split_part(b.words, '=', 1))
                )
            END
        )
        SELECT s.change
        FROM (
            SELECT 1, a.number, pg_catalog.format('REVOKE %s%s ON %s FROM %s',
                a.fact, ' (' || pg_catalog.quote_ident(a.col) || ')', m.granted, a.words)
            FROM added AS a JOIN made AS m ON m.number = a.number
            WHERE a.fact = pg_catalog.upper(a.fact)
            UNION ALL
            SELECT 2, b.number, pg_catalog.format('GRANT %s%s ON %s TO %s%s',
                b.fact, ' (' || pg_catalog.quote_ident(b.col) || ')', m.granted, b.words,
                CASE WHEN b.option THEN ' WITH GRANT OPTION' END)
            FROM missing AS b JOIN made AS m ON m.number = b.number
            WHERE b.fact = pg_catalog.upper(b.fact)
            UNION ALL
            SELECT 3, u.number, CASE u.fact
                WHEN 'comment' THEN pg_catalog.format('COMMENT ON %s IS %L',
                    coalesce('COLUMN ' || u.relation || '.' || pg_catalog.quote_ident(u.col), u.called), u.words)
                WHEN 'set' THEN pg_catalog.format('ALTER %s SET (%s = %L)',
                    coalesce('TABLE ' || u.relation || ' ALTER ' || pg_catalog.quote_ident(u.col), u.settable),
                    pg_catalog.split_part(u.words, '=', 1),
                    pg_catalog.substr(u.words, pg_catalog.strpos(u.words, '=') + 1))
                WHEN 'fires' THEN pg_catalog.format('ALTER TABLE %s %s %s', u.relation, u.words, u.switched)
                WHEN 'index' THEN pg_catalog.regexp_replace(
                    pg_catalog.split_part(u.words, E'\\n', 3), '^CREATE (UNIQUE )?INDEX', '\\& IF NOT EXISTS')
                ELSE pg_catalog.format('ALTER TABLE %s ALTER %I SET %s %s', u.relation, u.col, u.fact, u.words)
            END
            FROM unsaid AS u WHERE u.fact NOT IN ('owner', pg_catalog.upper(u.fact))
            UNION ALL
            SELECT 4, b.number, pg_catalog.format('ALTER %s OWNER TO %s', m.called, b.words)
            FROM missing AS b JOIN made AS m ON m.number = b.number
            WHERE b.fact = 'owner'
        ) AS s (step, number, change)
        ORDER BY s.step, s.number, s.change
    LOOP
        BEGIN
            EXECUTE change;
        EXCEPTION WHEN undefined_column THEN
            RAISE WARNING 'not there any more: %', change;
        END;
    END LOOP;
END
",
        targets = targets.join(",\n                ")
    );
    let statement = |body: &str, reason: &str| Statement {
        sql: format!("DO {}", dollar(body)),
        reason: reason.to_owned(),
        transaction: TransactionNeed::Any,
        objects: Vec::new(),
    };
    script.insert(
        0,
        statement(&remember, "note what is said of what is made anew"),
    );
    script.push(statement(&put_back, "say it again"));
    kept.into_iter()
        .map(|(again, _, _)| again.clone())
        .collect()
}

/// What of an object is altered, where something is said of a part of it.
struct Parts {
    /// What has its columns, or has it.
    relation: Option<String>,
    /// What has its storage parameters.
    set: Option<String>,
    /// What is turned on and off.
    switched: Option<String>,
}

impl Parts {
    fn of(id: &ObjectId, naming: &Naming) -> Self {
        let name = |name| naming.qualified(name).to_string();
        let (mut relation, mut set, mut switched) = (None, None, None);
        match id {
            ObjectId::Table(table) | ObjectId::View(table) | ObjectId::MaterializedView(table) => {
                relation = Some(name(table));
                set = target(id, naming);
            }
            ObjectId::Column { table, name: _ } => relation = Some(name(table)),
            ObjectId::Index(index) => {
                relation = Some(name(index));
                set = Some(format!("INDEX {}", name(index)));
            }
            ObjectId::Constraint { table, name: own } => {
                let index = QualifiedName::new(table.schema.clone(), own.clone());
                set = Some(format!("INDEX {}", name(&index)));
            }
            ObjectId::Trigger { table, name: own } => {
                relation = Some(name(table));
                switched = Some(format!("TRIGGER {}", ident(own)));
            }
            ObjectId::Rule { table, name: own } => {
                relation = Some(name(table));
                switched = Some(format!("RULE {}", ident(own)));
            }
            _ => {}
        }
        Self {
            relation,
            set,
            switched,
        }
    }
}

/// What revisions say of an object, and of its columns: each a column, a kind of fact and its words.
fn said_by_revisions(id: &ObjectId, from: &Schema) -> Vec<String> {
    let mut said = Vec::new();
    for (of, object) in &from.objects {
        match of {
            ObjectId::Comment(on) => {
                let column = match &**on {
                    on if on == id => None,
                    ObjectId::Column { table, name } if is_relation(id, table) => Some(name),
                    _ => continue,
                };
                if let Object::Comment(comment) = object {
                    said.push(fact(column, "comment", &comment.text));
                }
            }
            ObjectId::Column { table, name } if of == id || is_relation(id, table) => {
                if let Object::Column(column) = object {
                    said.extend(set_of_column(name, column));
                }
            }
            _ if of == id => said.extend(set_of(object)),
            ObjectId::Index(name) => {
                let table = match id {
                    ObjectId::Column { table, name: _ } => Some(table),
                    ObjectId::MaterializedView(view) => Some(view),
                    _ => None,
                };
                let is_on = |index: &Index| Some(&index.table) == table;
                if matches!(object, Object::Index(index) if is_on(index)) {
                    said.push(fact(None, "index", name.name.as_str()));
                }
            }
            _ => {}
        }
    }
    said
}

fn is_relation(id: &ObjectId, table: &QualifiedName) -> bool {
    match id {
        ObjectId::Table(name) | ObjectId::View(name) | ObjectId::MaterializedView(name) => {
            name == table
        }
        _ => false,
    }
}

fn fact(column: Option<&Ident>, kind: &str, words: &str) -> String {
    match column {
        Some(column) => format!("{} {kind} {words}", column.as_str()),
        None => format!("{kind} {words}"),
    }
}

fn set_of(object: &Object) -> Vec<String> {
    let parameters = match object {
        Object::Table(table) => &table.storage,
        Object::MaterializedView(view) => &view.storage,
        Object::Index(index) => &index.storage,
        Object::Constraint(constraint) => match constraint.kind.settings() {
            Some(settings) => &settings.storage,
            None => return Vec::new(),
        },
        Object::Trigger(trigger) => return fires(trigger.firing).into_iter().collect(),
        Object::Rule(rule) => return fires(rule.firing).into_iter().collect(),
        _ => return Vec::new(),
    };
    let parameters = parameters.iter();
    parameters
        .map(|(name, value)| fact(None, "set", &format!("{name}={value}")))
        .collect()
}

fn fires(firing: Firing) -> Option<String> {
    let words = match firing {
        Firing::Origin => return None,
        Firing::Disabled => "DISABLE",
        Firing::Replica => "ENABLE REPLICA",
        Firing::Always => "ENABLE ALWAYS",
    };
    Some(fact(None, "fires", words))
}

fn set_of_column(name: &Ident, column: &Column) -> Vec<String> {
    let Column {
        storage,
        compression,
        statistics,
        options,
        ..
    } = column;
    let storage = storage.map(|storage| match storage {
        Storage::Plain => "PLAIN",
        Storage::External => "EXTERNAL",
        Storage::Extended => "EXTENDED",
        Storage::Main => "MAIN",
    });
    let compression = compression.map(|compression| match compression {
        Compression::Pglz => "pglz",
        Compression::Lz4 => "lz4",
    });
    let one = |kind, words: &str| fact(Some(name), kind, words);
    let options = options
        .iter()
        .map(|(name, value)| one("set", &format!("{name}={value}")));
    options
        .chain(storage.map(|words| one("storage", words)))
        .chain(compression.map(|words| one("compression", words)))
        .chain(statistics.map(|target| one("statistics", &target.to_string())))
        .collect()
}

/// A query for what is said of objects: an owner, a comment, a setting or a privilege, each with whom
/// or what. Privileges are in capitals.
fn facts<'a>(objects: impl Iterator<Item = &'a Address>) -> String {
    let objects: Vec<String> = objects
        .enumerate()
        .map(|(number, address)| {
            let Address {
                class,
                object,
                column,
            } = address;
            let column = match column {
                Some(name) => literal(name.as_str()).to_string(),
                None => "NULL".to_owned(),
            };
            format!("({number}, 'pg_catalog.{class}'::regclass, {object}, {column})")
        })
        .collect();
    format!(
        "WITH made (number, class, object, col) AS (
                VALUES {}
            ), part AS (
                SELECT m.number, m.class, m.object, 0 AS part, NULL::text AS col FROM made AS m WHERE m.col IS NULL
                UNION ALL
                SELECT m.number, m.class, m.object, a.attnum, a.attname::text
                FROM made AS m
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = m.object AND a.attnum > 0 AND NOT a.attisdropped
                WHERE m.class = 'pg_catalog.pg_class'::regclass AND coalesce(m.col = a.attname, true)
            ), thing AS (
                SELECT p.*, coalesce(c.relowner, t.typowner, f.proowner) AS owner, a, c.relkind AS kind, CASE
                    WHEN p.part > 0 THEN a.attacl
                    WHEN c.relkind = 'S' THEN coalesce(c.relacl, pg_catalog.acldefault('s', c.relowner))
                    WHEN c.relkind <> 'i' THEN coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))
                    WHEN t.oid IS NOT NULL THEN coalesce(t.typacl, pg_catalog.acldefault('T', t.typowner))
                    WHEN f.oid IS NOT NULL THEN coalesce(f.proacl, pg_catalog.acldefault('f', f.proowner))
                END AS acl
                FROM part AS p
                LEFT JOIN pg_catalog.pg_class AS c ON p.class = 'pg_catalog.pg_class'::regclass AND c.oid = p.object
                LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = p.part
                LEFT JOIN pg_catalog.pg_type AS t ON p.class = 'pg_catalog.pg_type'::regclass AND t.oid = p.object
                LEFT JOIN pg_catalog.pg_proc AS f ON p.class = 'pg_catalog.pg_proc'::regclass AND f.oid = p.object
            )
            SELECT number, col, 'owner' AS fact, owner::regrole::text AS words, false AS option
            FROM thing WHERE part = 0 AND owner IS NOT NULL
            UNION ALL
            SELECT number, col, g.privilege_type, CASE g.grantee
                WHEN 0 THEN 'PUBLIC' WHEN owner THEN 'CURRENT_USER' ELSE g.grantee::regrole::text END, g.is_grantable
            FROM thing, pg_catalog.aclexplode(acl) AS g
            UNION ALL
            SELECT number, col, 'comment', d.description, false
            FROM thing
            JOIN pg_catalog.pg_description AS d ON d.classoid = class AND d.objoid = object AND d.objsubid = part
            UNION ALL
            SELECT number, col, s.fact, s.words, false
            FROM thing, LATERAL (
                SELECT 'set', pg_catalog.unnest(c.reloptions)
                FROM pg_catalog.pg_class AS c
                LEFT JOIN pg_catalog.pg_constraint AS k ON k.conindid = c.oid
                WHERE part = 0 AND c.relkind IN ('r', 'm', 'i') AND CASE class
                    WHEN 'pg_catalog.pg_class'::regclass THEN c.oid
                    WHEN 'pg_catalog.pg_constraint'::regclass THEN k.oid
                END = object
                UNION ALL
                SELECT 'set', pg_catalog.unnest((a).attoptions) WHERE part > 0 AND kind IN ('r', 'p', 'm', 'f')
                UNION ALL
                SELECT 'statistics', (a).attstattarget::text WHERE part > 0 AND (a).attstattarget >= 0
                UNION ALL
                SELECT 'storage', CASE (a).attstorage
                    WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END
                FROM pg_catalog.pg_type AS t
                WHERE part > 0 AND kind IN ('r', 'p', 'm') AND t.oid = (a).atttypid AND t.typstorage <> (a).attstorage
                UNION ALL
                SELECT 'compression', CASE pg_catalog.to_jsonb(a) ->> 'attcompression'
                    WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END
                WHERE part > 0 AND kind IN ('r', 'p', 'm')
                UNION ALL
                SELECT 'index', pg_catalog.concat_ws(E'\\n', i.oid::regclass, i.relname, pg_catalog.pg_get_indexdef(i.oid))
                FROM pg_catalog.pg_class AS i
                WHERE i.relkind = 'i' AND CASE
                    WHEN part > 0 AND kind IN ('r', 'p') THEN EXISTS (
                        SELECT FROM pg_catalog.pg_depend AS d
                        WHERE d.classid = class AND d.objid = i.oid AND d.refclassid = class
                          AND d.refobjid = object AND d.refobjsubid = part)
                    WHEN kind = 'm' THEN EXISTS (
                        SELECT FROM pg_catalog.pg_index AS x WHERE x.indexrelid = i.oid AND x.indrelid = object)
                    ELSE false
                END AND class = 'pg_catalog.pg_class'::regclass
                UNION ALL
                SELECT 'fires', CASE e.enabled
                    WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' END
                FROM (
                    SELECT g.tgenabled FROM pg_catalog.pg_trigger AS g
                    WHERE class = 'pg_catalog.pg_trigger'::regclass AND g.oid = object
                    UNION ALL
                    SELECT r.ev_enabled FROM pg_catalog.pg_rewrite AS r
                    WHERE class = 'pg_catalog.pg_rewrite'::regclass AND r.oid = object
                ) AS e (enabled)
            ) AS s (fact, words)
            WHERE s.words IS NOT NULL",
        objects.join(",\n                ")
    )
}
