//! Reads casts, conversions, languages and access methods.

use limbeck_core::schema::object::{
    AccessMethod, AccessMethodKind, Cast, CastContext, CastMethod, Conversion, Expression, Language,
};
use limbeck_core::{Ident, Object, ObjectId, QualifiedName, Result};
use serde::Deserialize;

use super::{ACCESS_METHOD, Address, CAST, CONVERSION, Found, LANGUAGE, PROC, parse, unreadable};

pub(super) const SQL: &str = include_str!("cast.sql");

#[derive(Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
enum Row {
    Cast {
        oid: u32,
        source: String,
        target: String,
        method: char,
        function: Option<String>,
        function_oid: u32,
        context: char,
    },
    Conversion {
        oid: u32,
        schema: String,
        name: String,
        source: String,
        target: String,
        function: String,
        default: bool,
    },
    Language {
        oid: u32,
        name: String,
        trusted: bool,
        handler: Option<String>,
        inline: Option<String>,
        validator: Option<String>,
    },
    Method {
        oid: u32,
        name: String,
        kind: char,
        handler: String,
    },
}

pub(super) fn read(body: &str, found: &mut Found) -> Result<()> {
    match parse(body)? {
        Row::Cast {
            oid,
            source,
            target,
            method,
            function,
            function_oid,
            context,
        } => {
            let id = ObjectId::Cast { source, target };
            let cast = Cast {
                method: match (method, function) {
                    ('f', Some(function)) => CastMethod::Function(Expression(function)),
                    ('i', None) => CastMethod::InOut,
                    ('b', None) => CastMethod::Without,
                    (method, _) => return Err(unreadable(format!("`{id}` by `{method}`"))),
                },
                context: match context {
                    'e' => CastContext::Explicit,
                    'a' => CastContext::Assignment,
                    'i' => CastContext::Implicit,
                    other => return Err(unreadable(format!("`{id}` for `{other}`"))),
                },
            };
            let function = found.place(&Address::new(PROC, function_oid, 0));
            found.stands_at(CAST, oid, 0, &id);
            let place = found.put(id, Object::Cast(cast));
            if let Some(function) = function {
                found.casts.entry(function).or_default().push(place);
            }
        }
        Row::Conversion {
            oid,
            schema,
            name,
            source,
            target,
            function,
            default,
        } => {
            let id = ObjectId::Conversion(QualifiedName::parse_parts(&schema, &name)?);
            found.stands_at(CONVERSION, oid, 0, &id);
            let conversion = Conversion {
                source,
                target,
                function: Expression(function),
                default,
            };
            found.put(id, Object::Conversion(conversion));
        }
        Row::Language {
            oid,
            name,
            trusted,
            handler,
            inline,
            validator,
        } => {
            let id = ObjectId::Language(Ident::new(name)?);
            found.stands_at(LANGUAGE, oid, 0, &id);
            let language = Language {
                trusted,
                handler: handler.map(Expression),
                inline: inline.map(Expression),
                validator: validator.map(Expression),
            };
            found.put(id, Object::Language(language));
        }
        Row::Method {
            oid,
            name,
            kind,
            handler,
        } => {
            let id = ObjectId::AccessMethod(Ident::new(name)?);
            let kind = match kind {
                'i' => AccessMethodKind::Index,
                't' => AccessMethodKind::Table,
                other => return Err(unreadable(format!("`{id}` for `{other}`"))),
            };
            found.stands_at(ACCESS_METHOD, oid, 0, &id);
            let method = AccessMethod {
                kind,
                handler: Expression(handler),
            };
            found.put(id, Object::AccessMethod(method));
        }
    }
    Ok(())
}
