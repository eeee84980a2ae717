//! Signs that a database holds anything of a kind: what one can be selected from.
//!
//! To plan the whole statement takes longer than to run it in a small database, and a good part of that in a large one;
//! and most databases hold few kinds: what there is nothing of is not asked for. Postgres gives what it is made of
//! numbers below 16384 (`FirstNormalObjectId` in src/include/access/transam.h); all that is made later has others.

pub(super) const ENUM: &str = "pg_catalog.pg_type WHERE oid >= 16384 AND typtype = 'e'";
pub(super) const SEQUENCE: &str = "pg_catalog.pg_sequence";
pub(super) const VIEW: &str = "pg_catalog.pg_class WHERE oid >= 16384 AND relkind IN ('v', 'm')";
pub(super) const RULE: &str = "pg_catalog.pg_rewrite WHERE oid >= 16384 AND rulename <> '_RETURN'";
pub(super) const ROUTINE: &str = "pg_catalog.pg_proc WHERE oid >= 16384";
pub(super) const AGGREGATE: &str =
    "pg_catalog.pg_aggregate WHERE aggfnoid::pg_catalog.oid >= 16384";
pub(super) const TRIGGER: &str = "pg_catalog.pg_trigger WHERE NOT tgisinternal";
pub(super) const EVENT_TRIGGER: &str = "pg_catalog.pg_event_trigger";
pub(super) const DOMAIN: &str = "pg_catalog.pg_type WHERE oid >= 16384 AND typtype = 'd'";
pub(super) const COMPOSITE: &str = "pg_catalog.pg_class WHERE oid >= 16384 AND relkind = 'c'";
pub(super) const RANGE: &str = "pg_catalog.pg_range WHERE rngtypid >= 16384";
pub(super) const COLLATION: &str = "pg_catalog.pg_collation WHERE oid >= 16384";
pub(super) const STATISTICS: &str = "pg_catalog.pg_statistic_ext";
pub(super) const POLICY: &str = "pg_catalog.pg_policy";
pub(super) const DEFAULT_ACL: &str = "pg_catalog.pg_default_acl";
pub(super) const INHERITS: &str = "pg_catalog.pg_inherits";
pub(super) const WRAPPER: &str = "pg_catalog.pg_foreign_data_wrapper";
pub(super) const PUBLICATION: &str = "pg_catalog.pg_publication";
pub(super) const SUBSCRIPTION: &str = "pg_catalog.pg_subscription";
pub(super) const SEARCH_CONFIGURATION: &str = "pg_catalog.pg_ts_config WHERE oid >= 16384";
pub(super) const SEARCH_DICTIONARY: &str = "pg_catalog.pg_ts_dict WHERE oid >= 16384";
pub(super) const SEARCH_PARSER: &str = "pg_catalog.pg_ts_parser WHERE oid >= 16384";
pub(super) const SEARCH_TEMPLATE: &str = "pg_catalog.pg_ts_template WHERE oid >= 16384";
pub(super) const OPERATOR: &str = "pg_catalog.pg_operator WHERE oid >= 16384";
pub(super) const OPERATOR_FAMILY: &str = "pg_catalog.pg_opfamily WHERE oid >= 16384";
pub(super) const OPERATOR_CLASS: &str = "pg_catalog.pg_opclass WHERE oid >= 16384";
pub(super) const FAMILY_OPERATOR: &str = "pg_catalog.pg_amop WHERE oid >= 16384";
pub(super) const FAMILY_FUNCTION: &str = "pg_catalog.pg_amproc WHERE oid >= 16384";
pub(super) const CAST: &str = "pg_catalog.pg_cast WHERE oid >= 16384";
pub(super) const CONVERSION: &str = "pg_catalog.pg_conversion WHERE oid >= 16384";
pub(super) const LANGUAGE: &str = "pg_catalog.pg_language WHERE oid >= 16384";
pub(super) const METHOD: &str = "pg_catalog.pg_am WHERE oid >= 16384";
pub(super) const LANGUAGE_ACL: &str = "pg_catalog.pg_language WHERE lanacl IS NOT NULL";
/// From 18 on there is one for nearly every table.
pub(super) const NOT_NULL: &str =
    "pg_catalog.pg_constraint WHERE oid >= 16384 AND contype = 'n' AND conrelid <> 0";
