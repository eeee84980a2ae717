//! The Postgres type of a Rust type.

use crate::schema::model::ModelType;

/// A Rust type that has a Postgres type.
///
/// Implemented for the standard types and, behind features, for those of well-known crates;
/// `#[derive(PgEnum)]` implements it for an enum. Implement it for a newtype by handing through the
/// inner type's answer:
///
/// ```
/// use limbeck_core::schema::model::{ModelType, PgType};
///
/// struct UserId(i64);
///
/// impl PgType for UserId {
///     fn sql_type() -> ModelType {
///         i64::sql_type()
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "no SQL type is known for the Rust type `{Self}`",
    label = "no SQL type is known for this type",
    note = "add `#[model(sql_type = \"…\")]` to the field, or implement `limbeck::PgType`",
    note = "types of other crates are known behind Limbeck's features: `chrono`, `time`, `uuid`, …"
)]
pub trait PgType {
    /// Whether a value of this type may be null: true for `Option` alone.
    const NULLABLE: bool = false;

    /// The type of a column that holds it.
    fn sql_type() -> ModelType;

    /// The type of a column that holds a `Vec` of it.
    fn array_type() -> ModelType {
        ModelType::Array(Box::new(Self::sql_type()))
    }
}

impl<T: PgType> PgType for Option<T> {
    const NULLABLE: bool = true;

    fn sql_type() -> ModelType {
        T::sql_type()
    }

    fn array_type() -> ModelType {
        T::array_type()
    }
}

impl<T: PgType> PgType for Vec<T> {
    fn sql_type() -> ModelType {
        T::array_type()
    }
}

/// `"char"`, Diesel's `CChar`; but a `Vec<u8>` is `bytea`.
impl PgType for u8 {
    fn sql_type() -> ModelType {
        ModelType::Sql("\"char\"".to_owned())
    }

    fn array_type() -> ModelType {
        ModelType::Sql("bytea".to_owned())
    }
}

macro_rules! pg_type {
    ($($(#[$cfg:meta])* $rust:ty => $sql:literal,)*) => {$(
        $(#[$cfg])*
        impl PgType for $rust {
            fn sql_type() -> ModelType {
                ModelType::Sql($sql.to_owned())
            }
        }
    )*};
}

pg_type! {
    i16 => "smallint",
    i32 => "integer",
    i64 => "bigint",
    f32 => "real",
    f64 => "double precision",
    bool => "boolean",
    String => "text",
    std::net::IpAddr => "inet",
    [u8; 6] => "macaddr",
    u32 => "oid",
    #[cfg(feature = "chrono")] chrono::NaiveDate => "date",
    #[cfg(feature = "chrono")] chrono::NaiveTime => "time without time zone",
    #[cfg(feature = "chrono")] chrono::NaiveDateTime => "timestamp without time zone",
    #[cfg(feature = "time")] time::Date => "date",
    #[cfg(feature = "time")] time::Time => "time without time zone",
    #[cfg(feature = "time")] time::PrimitiveDateTime => "timestamp without time zone",
    #[cfg(feature = "time")] time::OffsetDateTime => "timestamp with time zone",
    #[cfg(feature = "uuid")] uuid::Uuid => "uuid",
    #[cfg(feature = "serde_json")] serde_json::Value => "jsonb",
    #[cfg(feature = "rust_decimal")] rust_decimal::Decimal => "numeric",
    #[cfg(feature = "bigdecimal")] bigdecimal::BigDecimal => "numeric",
    #[cfg(feature = "ipnetwork")] ipnetwork::IpNetwork => "inet",
    #[cfg(feature = "ipnet")] ipnet::IpNet => "inet",
}

#[cfg(feature = "chrono")]
impl<Tz: chrono::TimeZone> PgType for chrono::DateTime<Tz> {
    fn sql_type() -> ModelType {
        ModelType::Sql("timestamp with time zone".to_owned())
    }
}
