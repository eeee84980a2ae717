//! What is known of a Rust type by its spelling: whether it is an `Option`, and which of the
//! well-known types it is. A macro sees no more; what a type really is, `PgType` and Diesel's
//! traits say when the program is compiled.

use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// A type that is known by its spelling, without the `Option` around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    SmallInt,
    Integer,
    BigInt,
    Float,
    Double,
    Bool,
    Text,
    Bytea,
    Char,
    Oid,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Uuid,
    Json,
    Numeric,
    Inet,
    Array { element: Box<Self>, nullable: bool },
}

impl Known {
    /// The type itself, or what an array is of.
    pub(super) fn element(&self) -> &Self {
        match self {
            Self::Array {
                element,
                nullable: _,
            } => element.element(),
            other => other,
        }
    }

    pub(super) fn is_integer(&self) -> bool {
        matches!(self, Self::SmallInt | Self::Integer | Self::BigInt)
    }
}

/// The `T` of an `Option<T>`.
pub(super) fn option(ty: &Type) -> Option<&Type> {
    match last_segment(ty)? {
        segment if segment.ident == "Option" => only_argument(segment),
        _ => None,
    }
}

/// Which of the well-known types it is; `None` for any other.
pub(super) fn known(ty: &Type) -> Option<Known> {
    let segment = last_segment(ty)?;
    let known = match segment.ident.to_string().as_str() {
        "Vec" => {
            let argument = only_argument(segment)?;
            if last_segment(argument).is_some_and(|segment| segment.ident == "u8") {
                return Some(Known::Bytea);
            }
            let inner = option(argument);
            let element = Box::new(known(inner.unwrap_or(argument))?);
            return Some(Known::Array {
                element,
                nullable: inner.is_some(),
            });
        }
        "DateTime" => return Some(Known::Timestamptz),
        "i16" => Known::SmallInt,
        "i32" => Known::Integer,
        "i64" => Known::BigInt,
        "f32" => Known::Float,
        "f64" => Known::Double,
        "bool" => Known::Bool,
        "String" => Known::Text,
        "u8" => Known::Char,
        "u32" => Known::Oid,
        "NaiveDate" | "Date" => Known::Date,
        "NaiveTime" | "Time" => Known::Time,
        "NaiveDateTime" | "PrimitiveDateTime" => Known::Timestamp,
        "OffsetDateTime" => Known::Timestamptz,
        "Uuid" => Known::Uuid,
        "Value" => Known::Json,
        "Decimal" | "BigDecimal" => Known::Numeric,
        "IpNetwork" | "IpNet" => Known::Inet,
        _ => return None,
    };
    matches!(segment.arguments, PathArguments::None).then_some(known)
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

fn only_argument(segment: &PathSegment) -> Option<&Type> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            GenericArgument::Type(ty) if arguments.args.len() == 1 => Some(ty),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[track_caller]
    fn check(ty: Type, expected: Option<Known>) {
        assert_eq!(known(&ty), expected);
    }

    #[test]
    fn types_are_known_by_their_last_segment() {
        check(parse_quote!(i64), Some(Known::BigInt));
        check(parse_quote!(std::string::String), Some(Known::Text));
        check(
            parse_quote!(chrono::DateTime<chrono::Utc>),
            Some(Known::Timestamptz),
        );
        check(parse_quote!(Vec<u8>), Some(Known::Bytea));
        check(
            parse_quote!(Vec<Option<i32>>),
            Some(Known::Array {
                element: Box::new(Known::Integer),
                nullable: true,
            }),
        );
    }

    #[test]
    fn what_only_looks_like_a_known_type_is_not_known() {
        check(parse_quote!(Uuid<4>), None);
        check(parse_quote!(Vec<Mood>), None);
        check(parse_quote!(<A as B>::String), None);
        check(parse_quote!(&'static str), None);
    }
}
