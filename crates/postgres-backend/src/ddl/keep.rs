//! What is made anew keeps what a database says of it: who owns it, who may do what with it, and the comments on it.
//! Of what nobody can own, only where something is said when the revision is generated.
//!
//! That is another thing in every database, and no revision's: it is noted when a script begins, by the database that
//! it runs in, and put back when the script ends. What a script says itself is left as it says.

use limbeck_core::{Ident, ObjectId, QualifiedName};

use super::comment::target;
use super::grant::granted_on;
use super::routine::as_function;
use crate::quote::{Naming, Quoted, dollar, literal};
use crate::statement::{Statement, TransactionNeed};

/// Something that is dropped and made again: what it is called at the beginning, and at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Again {
    pub(crate) before: ObjectId,
    pub(crate) after: ObjectId,
}

impl Again {
    /// Whether somebody may own it or be granted something on it.
    pub(crate) fn has_privileges(&self) -> bool {
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

/// A script that keeps what is said of some objects, and those of them that it keeps it of.
pub(crate) fn keep(script: &mut Vec<Statement>, made: &[Again], naming: &Naming) -> Vec<Again> {
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
        .map(|(number, (Again { before: _, after }, _, _))| {
            let text =
                |text: Option<Quoted>| text.map_or("NULL".to_owned(), |text| text.to_string());
            let quoted = |text: String| literal(&text);
            let relation = match after {
                ObjectId::Table(name)
                | ObjectId::View(name)
                | ObjectId::MaterializedView(name)
                | ObjectId::Column { table: name, .. } => Some(naming.qualified(name).to_string()),
                _ => None,
            };
            format!(
                "({number}, {}, {}, {})",
                text(granted_on(after, naming).map(quoted)),
                text(target(after, naming).map(quoted)),
                text(relation.map(quoted)),
            )
        })
        .collect();
    let remember = format!(
        "
-- Who owns what is made anew, who may do what with it, and the comments on it are each database's own: they are noted
-- here, and put back at the end.
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
        ), made (number, granted, called, relation) AS (
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
        )
        SELECT s.change
        FROM (
            SELECT 1, a.number, pg_catalog.format('REVOKE %s%s ON %s FROM %s',
                a.fact, ' (' || pg_catalog.quote_ident(a.col) || ')', m.granted, a.words)
            FROM added AS a JOIN made AS m ON m.number = a.number
            WHERE a.fact NOT IN ('owner', 'comment')
            UNION ALL
            SELECT 2, b.number, pg_catalog.format('GRANT %s%s ON %s TO %s%s',
                b.fact, ' (' || pg_catalog.quote_ident(b.col) || ')', m.granted, b.words,
                CASE WHEN b.option THEN ' WITH GRANT OPTION' END)
            FROM missing AS b JOIN made AS m ON m.number = b.number
            WHERE b.fact NOT IN ('owner', 'comment')
            UNION ALL
            SELECT 3, b.number, pg_catalog.format('COMMENT ON %s IS %L',
                coalesce('COLUMN ' || m.relation || '.' || pg_catalog.quote_ident(b.col), m.called), b.words)
            FROM missing AS b JOIN made AS m ON m.number = b.number
            WHERE b.fact = 'comment' AND NOT EXISTS (
                SELECT FROM now AS n
                WHERE n.number = b.number AND n.col IS NOT DISTINCT FROM b.col AND n.fact = 'comment'
            )
            UNION ALL
            SELECT 4, b.number, pg_catalog.format('ALTER %s OWNER TO %s', m.called, b.words)
            FROM missing AS b JOIN made AS m ON m.number = b.number
            WHERE b.fact = 'owner'
        ) AS s (step, number, change)
        ORDER BY s.step, s.number, s.change
    LOOP
        EXECUTE change;
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

/// A query for what is said of objects: an owner, a comment, or a privilege, each with whom or what.
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
                SELECT p.*, coalesce(c.relowner, t.typowner, f.proowner) AS owner, CASE
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
            JOIN pg_catalog.pg_description AS d ON d.classoid = class AND d.objoid = object AND d.objsubid = part",
        objects.join(",\n                ")
    )
}
