//! Types that are exchanged in databases of others: a library's users have columns of them that are
//! known to no revision of its own.

use limbeck_core::schema::operation::Operation;
use limbeck_core::{Object, ObjectId, QualifiedName};

use super::{Piece, Scene};
use crate::quote::{Naming, Quoted, dollar, literal};

/// A type that steps aside for another one of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exchanged {
    /// The old one, as it is called when it is dropped. A multirange type goes with its range.
    dropped: ObjectId,
    aside: QualifiedName,
    name: QualifiedName,
}

/// The types whose exchange is a part of the operations.
pub(super) fn exchanged(operations: &[Operation]) -> Vec<Exchanged> {
    let created = |name: &QualifiedName| {
        operations.iter().any(|operation| match operation {
            Operation::Create { id, object } => {
                type_name(id) == Some(name) || multirange(object) == Some(name)
            }
            Operation::Drop { .. } | Operation::Alter { .. } | Operation::Rename { .. } => false,
        })
    };
    let dropped = |aside: &ObjectId| {
        operations.iter().find_map(|operation| match operation {
            Operation::Drop { id, object } => {
                let goes_along =
                    matches!(aside, ObjectId::Multirange(name) if multirange(object) == Some(name));
                (id == aside || goes_along).then_some(id)
            }
            Operation::Create { .. } | Operation::Alter { .. } | Operation::Rename { .. } => None,
        })
    };
    let exchanged = operations.iter().filter_map(|operation| match operation {
        Operation::Rename { from, to } => {
            let name = type_name(from)?;
            let aside = type_name(to)?;
            let dropped = dropped(to).filter(|_| created(name))?;
            Some(Exchanged {
                dropped: dropped.clone(),
                aside: aside.clone(),
                name: name.clone(),
            })
        }
        Operation::Create { .. } | Operation::Drop { .. } | Operation::Alter { .. } => None,
    });
    exchanged.collect()
}

fn type_name(id: &ObjectId) -> Option<&QualifiedName> {
    match id {
        ObjectId::Enum(name)
        | ObjectId::Domain(name)
        | ObjectId::Composite(name)
        | ObjectId::Range(name)
        | ObjectId::Multirange(name) => Some(name),
        _ => None,
    }
}

fn multirange(object: &Object) -> Option<&QualifiedName> {
    match object {
        Object::Range(range) => range.multirange.as_ref(),
        _ => None,
    }
}

/// What comes before an old type that stepped aside is dropped.
pub(super) fn before_drop(id: &ObjectId, scene: &Scene<'_>) -> Vec<Piece> {
    let gone = scene.exchanged.iter().filter(|one| one.dropped == *id);
    gone.map(|one| convert(id, &one.aside, &one.name, scene.naming()))
        .collect()
}

/// Converts whatever columns are still of the old type.
pub(super) fn convert(
    id: &ObjectId,
    aside: &QualifiedName,
    name: &QualifiedName,
    naming: &Naming,
) -> Piece {
    Piece::statement(
        id,
        columns_of_others(
            &naming.type_name(aside),
            &naming.type_name(name),
            &naming.shown(name),
        ),
        format!("convert what others have of {}", naming.shown(name)),
    )
}

/// The defaults of the columns go and come again, each for its table alone, since an heir may have
/// another. What else stands in the way is named, all of it at once.
fn columns_of_others(old: &Quoted, new: &Quoted, shown: &str) -> String {
    let (old_text, new_text) = (literal(old.as_str()), literal(new.as_str()));
    let array = literal(&format!("{new}[]"));
    let shown = literal(shown);
    let body = format!(
        "
-- Columns of applications that are of this type go over as well; where none are, nothing is done.
DECLARE
    change text;
    hindrances text;
BEGIN
    WITH types AS (
        SELECT unnest(ARRAY[o.oid, o.typarray]) AS oid
        FROM pg_catalog.pg_type AS o
        WHERE o.oid = {old_text}::regtype
    ), used AS (
        SELECT a.attrelid, a.attnum, a.attgenerated
        FROM pg_catalog.pg_attribute AS a
        JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f')
        WHERE a.atttypid IN (SELECT t.oid FROM types AS t) AND NOT a.attisdropped
    ), hindering AS (
        SELECT d.classid, d.objid, d.objsubid
        FROM pg_catalog.pg_depend AS d
        WHERE d.refclassid = 'pg_catalog.pg_type'::regclass
            AND d.refobjid IN (SELECT t.oid FROM types AS t)
            AND d.deptype <> 'i'
            AND NOT EXISTS (
                SELECT FROM used AS u
                WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = u.attrelid AND d.objsubid = u.attnum
            )
            AND NOT EXISTS (
                SELECT FROM used AS u
                JOIN pg_catalog.pg_attrdef AS f ON f.adrelid = u.attrelid AND f.adnum = u.attnum
                WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass AND d.objid = f.oid
            )
        UNION
        SELECT d.classid, d.objid, d.objsubid
        FROM pg_catalog.pg_depend AS d
        JOIN used AS u ON d.refobjid = u.attrelid AND d.refobjsubid = u.attnum
        LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.objid AND a.attnum = d.objsubid
        WHERE d.refclassid = 'pg_catalog.pg_class'::regclass
            AND (
                d.classid IN (
                    'pg_catalog.pg_rewrite'::regclass,
                    'pg_catalog.pg_trigger'::regclass,
                    'pg_catalog.pg_policy'::regclass
                )
                OR d.classid = 'pg_catalog.pg_class'::regclass AND a.attgenerated <> ''
            )
        UNION
        SELECT 'pg_catalog.pg_class'::regclass, u.attrelid, u.attnum FROM used AS u WHERE u.attgenerated <> ''
    )
    SELECT pg_catalog.string_agg(DISTINCT s.what, ', ')
    INTO hindrances
    FROM (
        SELECT pg_catalog.replace(
            pg_catalog.pg_describe_object(
                CASE WHEN r.oid IS NULL THEN h.classid ELSE 'pg_catalog.pg_class'::regclass END,
                coalesce(r.ev_class, h.objid),
                CASE WHEN r.oid IS NOT NULL OR c.relkind IN ('v', 'm') THEN 0 ELSE h.objsubid END
            ),
            {old_text}::regtype::text,
            {new_text}::regtype::text
        ) AS what
        FROM hindering AS h
        LEFT JOIN pg_catalog.pg_rewrite AS r
            ON h.classid = 'pg_catalog.pg_rewrite'::regclass AND r.oid = h.objid
        LEFT JOIN pg_catalog.pg_class AS c
            ON h.classid = 'pg_catalog.pg_class'::regclass AND c.oid = h.objid
    ) AS s;
    IF hindrances IS NOT NULL THEN
        RAISE EXCEPTION 'the type % gets another in its place, which these cannot go over to: %', {shown}, hindrances
            USING ERRCODE = 'dependent_objects_still_exist',
                HINT = 'drop them before this revision runs, and make them again after it';
    END IF;
    FOR change IN
        WITH used AS (
            SELECT
                c.oid::regclass AS of,
                pg_catalog.quote_ident(a.attname) AS col,
                CASE WHEN a.atttypid = o.oid THEN {new_text} ELSE {array} END AS type,
                c.relkind <> 'f' AS has_rows,
                a.attinhcount > 0 AS is_heir,
                pg_catalog.replace(
                    pg_catalog.pg_get_expr(d.adbin, d.adrelid),
                    '::' || o.oid::regtype,
                    '::' || {new_text}::regtype
                ) AS standard
            FROM pg_catalog.pg_type AS o
            JOIN pg_catalog.pg_attribute AS a ON a.atttypid IN (o.oid, o.typarray)
            JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'f')
            LEFT JOIN pg_catalog.pg_attrdef AS d
                ON d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.attgenerated = ''
            WHERE o.oid = {old_text}::regtype AND NOT a.attisdropped
        )
        SELECT s.change
        FROM (
            SELECT 1, of, col, pg_catalog.format('ALTER TABLE ONLY %s ALTER COLUMN %s DROP DEFAULT', of, col)
            FROM used WHERE standard IS NOT NULL
            UNION ALL
            SELECT 2, of, col, pg_catalog.format('ALTER TABLE %s ALTER COLUMN %s TYPE %s', of, col, type)
                || CASE WHEN has_rows THEN pg_catalog.format(' USING %s::text::%s', col, type) ELSE '' END
            FROM used WHERE NOT is_heir
            UNION ALL
            SELECT 3, of, col, pg_catalog.format('ALTER TABLE ONLY %s ALTER COLUMN %s SET DEFAULT %s', of, col, standard)
            FROM used WHERE standard IS NOT NULL
        ) AS s (step, of, col, change)
        ORDER BY s.step, s.of, s.col
    LOOP
        EXECUTE change;
    END LOOP;
END
"
    );
    format!("DO {}", dollar(&body))
}
