//! The SQL types of the Rust types that are known.

use std::net::IpAddr;

use limbeck::__private::model::{ModelColumn, ModelType};
use limbeck::Model;

#[derive(Model)]
#[model(register = false)]
struct Everything {
    small: i16,
    medium: i32,
    big: i64,
    single: f32,
    double: f64,
    flag: bool,
    words: String,
    bytes: Vec<u8>,
    letter: u8,
    object: u32,
    list: Vec<i32>,
    holes: Vec<Option<String>>,
    day: chrono::NaiveDate,
    hour: chrono::NaiveTime,
    moment: chrono::NaiveDateTime,
    instant: chrono::DateTime<chrono::Utc>,
    other_day: time::Date,
    other_hour: time::Time,
    other_moment: time::PrimitiveDateTime,
    other_instant: time::OffsetDateTime,
    uuid: uuid::Uuid,
    document: serde_json::Value,
    exact: rust_decimal::Decimal,
    long: bigdecimal::BigDecimal,
    network: ipnetwork::IpNetwork,
    net: ipnet::IpNet,
    address: IpAddr,
}

#[test]
fn every_known_type_has_its_sql_type() {
    let columns: Vec<(String, String)> = Everything::model()
        .columns
        .into_iter()
        .map(|ModelColumn { name, sql_type, .. }| (name, spelled(&sql_type)))
        .collect();
    let expected = [
        ("small", "smallint"),
        ("medium", "integer"),
        ("big", "bigint"),
        ("single", "real"),
        ("double", "double precision"),
        ("flag", "boolean"),
        ("words", "text"),
        ("bytes", "bytea"),
        ("letter", "\"char\""),
        ("object", "oid"),
        ("list", "integer[]"),
        ("holes", "text[]"),
        ("day", "date"),
        ("hour", "time without time zone"),
        ("moment", "timestamp without time zone"),
        ("instant", "timestamp with time zone"),
        ("other_day", "date"),
        ("other_hour", "time without time zone"),
        ("other_moment", "timestamp without time zone"),
        ("other_instant", "timestamp with time zone"),
        ("uuid", "uuid"),
        ("document", "jsonb"),
        ("exact", "numeric"),
        ("long", "numeric"),
        ("network", "inet"),
        ("net", "inet"),
        ("address", "inet"),
    ];
    let expected: Vec<(String, String)> = expected
        .map(|(name, sql)| (name.to_owned(), sql.to_owned()))
        .into();
    assert_eq!(columns, expected);
}

fn spelled(sql_type: &ModelType) -> String {
    match sql_type {
        ModelType::Sql(text) => text.clone(),
        ModelType::Enum(sql_enum) => sql_enum.name.clone(),
        ModelType::Array(element) => format!("{}[]", spelled(element)),
    }
}
