//! What a script that nobody watches does with the history: it makes the table by itself, and ends in words where
//! the database is not where it goes on from. All of these are bodies of `DO` blocks.

use limbeck_core::Ident;

use super::{HISTORY_FORMAT, HISTORY_MARKER, HistoryTable, Owner, array};
use crate::quote::{DIFFERENT, EQUAL, ident, literal};

impl HistoryTable {
    /// Makes the table where it is missing, and its schema; raises where another table has its name.
    pub fn ensure_body(&self) -> String {
        format!(
            "{schema}  IF NOT EXISTS ({table}) THEN\n{create}  \
             ELSIF NOT EXISTS ({table} AND pg_catalog.starts_with(\
             pg_catalog.obj_description(c.oid, 'pg_class'), {ours})) THEN\n    \
             RAISE EXCEPTION USING ERRCODE = 'LB008', \
             MESSAGE = {message}, HINT = {hint};\n  END IF;\n",
            schema = ensure_schema_body(&self.schema),
            table = format_args!(
                "SELECT FROM pg_catalog.pg_class AS c \
                 JOIN pg_catalog.pg_namespace AS n ON n.oid {EQUAL} c.relnamespace \
                 WHERE n.nspname {EQUAL} {} AND c.relname {EQUAL} {}",
                literal(self.schema.as_str()),
                literal(self.name.as_str())
            ),
            create = self.create_sql(false),
            ours = literal(&format!(
                "{HISTORY_MARKER} history of revisions, format {HISTORY_FORMAT};"
            )),
            message = literal(&format!(
                "limbeck: the table {self} is not a history that this script knows"
            )),
            hint = literal("name another table in `[history]`, or move this one away"),
        )
    }

    /// Raises unless the heads are those that a script goes on from.
    pub fn start_body<'a>(
        &self,
        owner: &Owner,
        heads: impl IntoIterator<Item = &'a str>,
    ) -> String {
        let mut heads: Vec<&str> = heads.into_iter().collect();
        heads.sort_unstable();
        let from = match heads.as_slice() {
            [] => "the base".to_owned(),
            heads => heads.join(", "),
        };
        let found = self.head_array(owner);
        format!(
            "  IF {found} {DIFFERENT} {wanted} THEN\n    \
             RAISE EXCEPTION USING ERRCODE = 'LB002', CONSTRAINT = 'limbeck:moved', MESSAGE = {message}, \
             DETAIL = pg_catalog.concat('Its head rows: ', pg_catalog.array_to_string({found}, ', ')), HINT = {hint};\n  END IF;\n",
            wanted = array(&heads),
            message = literal(&format!(
                "limbeck: this script goes on from {from} of {} in {}, and the database is not there",
                owner.bundle, owner.placement
            )),
            hint = literal("print it from where the database is: `limbeck current` says where"),
        )
    }

    /// Raises where one of these revisions is applied.
    pub fn absent_body(&self, owner: &Owner, revisions: &[&str]) -> String {
        format!(
            "  IF EXISTS (SELECT FROM {} AS h WHERE {} AND h.revision {EQUAL} ANY ({})) THEN\n    \
             RAISE EXCEPTION USING ERRCODE = 'LB002', CONSTRAINT = 'limbeck:moved', MESSAGE = {}, \
             HINT = 'take that back first';\n  END IF;\n",
            self.sql(),
            owner.condition(),
            array(revisions),
            literal(&format!(
                "limbeck: revisions of {} in {} stand on what this script takes back",
                owner.bundle, owner.placement
            )),
        )
    }

    /// Raises where the bundle of this owner stands in another schema.
    pub fn nowhere_else_body(&self, owner: &Owner) -> String {
        format!(
            "  IF EXISTS (SELECT FROM {} AS h WHERE h.bundle {EQUAL} {bundle} \
             AND h.placement {DIFFERENT} {placement}) THEN\n    \
             RAISE EXCEPTION USING ERRCODE = 'LB008', MESSAGE = {}, HINT = {};\n  END IF;\n",
            self.sql(),
            literal(&format!(
                "limbeck: {} is installed in another schema than {}",
                owner.bundle, owner.placement
            )),
            literal("say which is meant: `[revisions] schema` in `limbeck.toml`"),
            bundle = literal(&owner.bundle),
            placement = literal(owner.placement.as_str()),
        )
    }

    /// Forgets everything that is recorded of an owner.
    pub fn forget_body(&self, owner: &Owner) -> String {
        format!(
            "  DELETE FROM {} AS h WHERE {};\n",
            self.sql(),
            owner.condition()
        )
    }
}

/// Makes a schema where it is missing. `IF NOT EXISTS` would want the right to make one all the same.
pub fn ensure_schema_body(schema: &Ident) -> String {
    format!(
        "  IF NOT EXISTS ({}) THEN\n    CREATE SCHEMA {};\n  END IF;\n",
        schema_query(schema),
        ident(schema)
    )
}

/// Raises where a schema is missing that a bundle is installed in: a bare name would be found in another one.
pub fn schema_there_body(owner: &Owner) -> String {
    format!(
        "  IF NOT EXISTS ({}) THEN\n    \
         RAISE EXCEPTION USING ERRCODE = 'LB008', MESSAGE = {};\n  END IF;\n",
        schema_query(&owner.placement),
        literal(&format!(
            "limbeck: the schema {} is missing, in which {} is installed",
            owner.placement, owner.bundle
        ))
    )
}

/// Raises where Diesel has applied one of these versions: its table is found as Diesel finds it, by the search path.
pub fn not_by_diesel_body(versions: &[&str]) -> String {
    const TABLE: &str = "__diesel_schema_migrations";
    format!(
        "  IF pg_catalog.to_regclass('{TABLE}') IS NOT NULL THEN\n    \
         IF EXISTS (SELECT FROM {TABLE} AS d WHERE d.version::pg_catalog.text {EQUAL} ANY ({})) THEN\n      \
         RAISE EXCEPTION USING ERRCODE = 'LB008', \
         MESSAGE = 'limbeck: Diesel has applied some of these revisions here, and Limbeck has no record of that', \
         HINT = 'take over with `limbeck stamp` first';\n    END IF;\n  END IF;\n",
        array(versions)
    )
}

fn schema_query(schema: &Ident) -> String {
    format!(
        "SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname {EQUAL} {}",
        literal(schema.as_str())
    )
}
