//! Identities as metadata files and consent write them, read back.

use std::str::FromStr;

use crate::error::{Error, ErrorKind, near};
use crate::name::{Ident, QualifiedName};
use crate::schema::object::operator::sides;
use crate::schema::object::{DefaultKind, DefaultScope, Grantee, ObjectId};

/// The words before the colon.
const KINDS: [&str; 55] = [
    "schema",
    "enum",
    "enum_value",
    "sequence",
    "table",
    "column",
    "constraint",
    "index",
    "comment",
    "view",
    "materialized_view",
    "rule",
    "function",
    "procedure",
    "aggregate",
    "trigger",
    "event_trigger",
    "extension",
    "domain",
    "domain_constraint",
    "composite",
    "attribute",
    "range",
    "multirange",
    "collation",
    "replica_identity",
    "cluster",
    "typed",
    "statistics",
    "policy",
    "owner",
    "grant",
    "default_privileges",
    "partition",
    "inheritance",
    "attached",
    "wrapper",
    "server",
    "user_mapping",
    "publication",
    "publication_table",
    "publication_schema",
    "subscription",
    "search_parser",
    "search_template",
    "search_dictionary",
    "search_configuration",
    "operator",
    "operator_family",
    "operator_class",
    "family_member",
    "cast",
    "conversion",
    "language",
    "access_method",
];

/// Reads what [`Display`](std::fmt::Display) writes.
impl FromStr for ObjectId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).map_err(|reason| {
            Error::new(
                ErrorKind::Config,
                format!("`{text}` names no object: {reason}"),
            )
            .with_hint("write it as `table:public.posts` or `column:public.posts.title`")
        })
    }
}

fn parse(text: &str) -> Result<ObjectId, String> {
    let Some((kind, rest)) = text.split_once(':') else {
        return Err("its kind is missing".to_owned());
    };
    if kind == "comment" {
        // A comment has no comment, so this goes one deep.
        if rest.starts_with("comment:") {
            return Err("there is no comment on a comment".to_owned());
        }
        return Ok(ObjectId::Comment(Box::new(parse(rest)?)));
    }
    if kind == "owner" {
        return Ok(ObjectId::Owner(Box::new(parse_owned(rest)?)));
    }
    if kind == "grant" {
        let (grantee, on) = grantee(rest)?;
        let on = on
            .strip_prefix(':')
            .ok_or("what is granted on is missing")?;
        return Ok(ObjectId::Grant {
            on: Box::new(parse_owned(on)?),
            grantee,
        });
    }
    if kind == "default_privileges" {
        return default_privileges(rest);
    }
    if let "function" | "procedure" | "aggregate" = kind {
        return routine(kind, rest);
    }
    if let "operator" | "family_member" | "cast" = kind {
        return between(kind, rest);
    }
    let wanted = match kind {
        "schema" | "event_trigger" | "extension" => 1,
        "enum" | "sequence" | "table" | "index" | "view" | "materialized_view" => 2,
        "domain" | "composite" | "range" | "multirange" | "collation" => 2,
        "replica_identity" | "cluster" | "typed" | "statistics" => 2,
        "enum_value" | "column" | "constraint" | "rule" | "trigger" | "policy" => 3,
        "domain_constraint" | "attribute" => 3,
        "wrapper" | "server" => 1,
        "partition" | "user_mapping" => 2,
        "attached" => 3,
        "inheritance" => 4,
        "publication" | "subscription" => 1,
        "language" | "access_method" => 1,
        "conversion" => 2,
        "operator_family" | "operator_class" => 3,
        "publication_schema" => 2,
        "search_parser" | "search_template" | "search_dictionary" | "search_configuration" => 2,
        "publication_table" => 3,
        _ => {
            let kinds = near(kind, KINDS);
            let close = kinds
                .first()
                .map(|close| format!("; did you mean `{close}`?"));
            return Err(format!(
                "`{kind}` is no kind of object{}",
                close.unwrap_or_default()
            ));
        }
    };
    let parts = parts(rest)?;
    if parts.len() != wanted {
        return Err(format!(
            "a {kind} has {wanted} names joined by dots, not {}",
            parts.len()
        ));
    }
    let ident = |part: &String| Ident::new(part.as_str()).map_err(|error| error.to_string());
    let qualified = || Ok::<_, String>(QualifiedName::new(ident(&parts[0])?, ident(&parts[1])?));
    Ok(match kind {
        "schema" => ObjectId::Namespace(ident(&parts[0])?),
        "enum" => ObjectId::Enum(qualified()?),
        "sequence" => ObjectId::Sequence(qualified()?),
        "table" => ObjectId::Table(qualified()?),
        "index" => ObjectId::Index(qualified()?),
        "column" => ObjectId::Column {
            table: qualified()?,
            name: ident(&parts[2])?,
        },
        "constraint" => ObjectId::Constraint {
            table: qualified()?,
            name: ident(&parts[2])?,
        },
        "view" => ObjectId::View(qualified()?),
        "materialized_view" => ObjectId::MaterializedView(qualified()?),
        "rule" => ObjectId::Rule {
            table: qualified()?,
            name: ident(&parts[2])?,
        },
        "trigger" => ObjectId::Trigger {
            table: qualified()?,
            name: ident(&parts[2])?,
        },
        "event_trigger" => ObjectId::EventTrigger(ident(&parts[0])?),
        "extension" => ObjectId::Extension(ident(&parts[0])?),
        "domain" => ObjectId::Domain(qualified()?),
        "domain_constraint" => ObjectId::DomainConstraint {
            domain: qualified()?,
            name: ident(&parts[2])?,
        },
        "composite" => ObjectId::Composite(qualified()?),
        "attribute" => ObjectId::Attribute {
            ty: qualified()?,
            name: ident(&parts[2])?,
        },
        "range" => ObjectId::Range(qualified()?),
        "multirange" => ObjectId::Multirange(qualified()?),
        "collation" => ObjectId::Collation(qualified()?),
        "replica_identity" => ObjectId::ReplicaIdentity(qualified()?),
        "cluster" => ObjectId::Cluster(qualified()?),
        "typed" => ObjectId::Typed(qualified()?),
        "statistics" => ObjectId::Statistics(qualified()?),
        "policy" => ObjectId::Policy {
            table: qualified()?,
            name: ident(&parts[2])?,
        },
        "partition" => ObjectId::Partition(qualified()?),
        "inheritance" => ObjectId::Inheritance {
            table: qualified()?,
            parent: QualifiedName::new(ident(&parts[2])?, ident(&parts[3])?),
        },
        "attached" => ObjectId::Attached {
            table: qualified()?,
            name: ident(&parts[2])?,
        },
        "wrapper" => ObjectId::Wrapper(ident(&parts[0])?),
        "server" => ObjectId::Server(ident(&parts[0])?),
        "user_mapping" => ObjectId::UserMapping {
            server: ident(&parts[0])?,
            user: ident(&parts[1])?,
        },
        "publication" => ObjectId::Publication(ident(&parts[0])?),
        "publication_table" => ObjectId::PublicationTable {
            publication: ident(&parts[0])?,
            table: QualifiedName::new(ident(&parts[1])?, ident(&parts[2])?),
        },
        "publication_schema" => ObjectId::PublicationSchema {
            publication: ident(&parts[0])?,
            schema: ident(&parts[1])?,
        },
        "subscription" => ObjectId::Subscription(ident(&parts[0])?),
        "search_parser" => ObjectId::SearchParser(qualified()?),
        "search_template" => ObjectId::SearchTemplate(qualified()?),
        "search_dictionary" => ObjectId::SearchDictionary(qualified()?),
        "search_configuration" => ObjectId::SearchConfiguration(qualified()?),
        "conversion" => ObjectId::Conversion(qualified()?),
        "language" => ObjectId::Language(ident(&parts[0])?),
        "access_method" => ObjectId::AccessMethod(ident(&parts[0])?),
        "operator_family" => ObjectId::OperatorFamily {
            name: qualified()?,
            method: ident(&parts[2])?,
        },
        "operator_class" => ObjectId::OperatorClass {
            name: qualified()?,
            method: ident(&parts[2])?,
        },
        _ => ObjectId::EnumValue {
            ty: qualified()?,
            value: parts[2].clone(),
        },
    })
}

/// Something that has an owner and privileges: no owner, grant or comment.
fn parse_owned(text: &str) -> Result<ObjectId, String> {
    match text.split_once(':') {
        Some(("owner" | "grant" | "comment" | "default_privileges", _)) => {
            Err("it has no owner and no privileges".to_owned())
        }
        _ => parse(text),
    }
}

/// Somebody, and what stands behind.
fn grantee(text: &str) -> Result<(Grantee, &str), String> {
    let ident = |name: &str| Ident::new(name).map_err(|error| error.to_string());
    if let Some(quoted) = text.strip_prefix('"') {
        let (name, rest) = unquote(quoted).ok_or("a double quote is not closed")?;
        return Ok((Grantee::Role(ident(&name)?), rest));
    }
    let (name, rest) = text.split_at(text.find([':', '.']).unwrap_or(text.len()));
    if !super::is_plain(name) {
        return Err(format!(
            "`{name}` is no plain lower-case name and must stand in double quotes"
        ));
    }
    Ok(match name {
        "public" => (Grantee::Public, rest),
        "owner" => (Grantee::Owner, rest),
        name => (Grantee::Role(ident(name)?), rest),
    })
}

/// `tables.reader.owner.public`: the kind, who may do something, who makes the objects, and where.
fn default_privileges(text: &str) -> Result<ObjectId, String> {
    let missing = "it has a kind, a grantee, a role and perhaps a schema, joined by dots";
    let (kind, rest) = text.split_once('.').ok_or(missing)?;
    let kind = DefaultKind::ALL
        .into_iter()
        .find(|known| known.word() == kind)
        .ok_or_else(|| format!("`{kind}` is no kind of object with default privileges"))?;
    let (grantee, rest) = self::grantee(rest)?;
    let (role, rest) = self::grantee(rest.strip_prefix('.').ok_or(missing)?)?;
    let role = match role {
        Grantee::Role(role) => Some(role),
        Grantee::Owner => None,
        Grantee::Public => return Err("nothing is made by `public`".to_owned()),
    };
    let schema = match rest.strip_prefix('.') {
        None if rest.is_empty() => None,
        None => return Err(missing.to_owned()),
        Some(schema) => match &parts(schema)?[..] {
            [schema] => Some(Ident::new(schema.as_str()).map_err(|error| error.to_string())?),
            _ => return Err(missing.to_owned()),
        },
    };
    Ok(ObjectId::DefaultPrivileges(DefaultScope {
        schema,
        role,
        kind,
        grantee,
    }))
}

/// A name with the types of its arguments in parentheses.
fn routine(kind: &str, text: &str) -> Result<ObjectId, String> {
    let mut quoted = false;
    let open = text.char_indices().find(|(_, character)| {
        quoted ^= *character == '"';
        *character == '(' && !quoted
    });
    let split = open.and_then(|(at, _)| {
        let arguments = text[at + 1..].strip_suffix(')')?;
        Some((&text[..at], arguments))
    });
    let Some((name, arguments)) = split else {
        return Err(format!(
            "a {kind} has the types of its arguments in parentheses behind its name"
        ));
    };
    let parts = parts(name)?;
    let [schema, name] = &parts[..] else {
        return Err(format!(
            "a {kind} has 2 names joined by dots, not {}",
            parts.len()
        ));
    };
    let name = QualifiedName::parse_parts(schema, name).map_err(|error| error.to_string())?;
    let arguments = arguments.to_owned();
    Ok(match kind {
        "function" => ObjectId::Function { name, arguments },
        "procedure" => ObjectId::Procedure { name, arguments },
        _ => ObjectId::Aggregate { name, arguments },
    })
}

/// Names joined by dots, read.
pub(crate) fn name_parts(text: &str) -> Result<Vec<String>, String> {
    parts(text)
}

/// A name as it stands among dots.
pub(crate) fn quoted_part(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// What stands between two types, which are in parentheses.
fn between(kind: &str, text: &str) -> Result<ObjectId, String> {
    let mut quoted = false;
    let open = text.char_indices().find(|(_, character)| {
        quoted ^= *character == '"';
        *character == '(' && !quoted
    });
    let split = open.and_then(|(at, _)| {
        let arguments = text[at + 1..].strip_suffix(')')?;
        Some((&text[..at], arguments, sides(arguments)?))
    });
    let Some((name, arguments, (source, target))) = split else {
        return Err(format!(
            "a {kind} has two types in parentheses, with a comma between them"
        ));
    };
    let (arguments, source, target) = (arguments.to_owned(), source.to_owned(), target.to_owned());
    if kind == "cast" && name.is_empty() {
        return Ok(ObjectId::Cast { source, target });
    }
    let parts = parts(name)?;
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let qualified =
        |schema, name| QualifiedName::parse_parts(schema, name).map_err(|error| error.to_string());
    match (kind, &parts[..]) {
        ("operator", [schema, name]) => Ok(ObjectId::Operator {
            name: qualified(schema, name)?,
            arguments,
        }),
        ("family_member", [schema, name, method, slot]) => Ok(ObjectId::FamilyMember {
            family: qualified(schema, name)?,
            method: Ident::new(*method).map_err(|error| error.to_string())?,
            slot: slot.parse()?,
            arguments,
        }),
        _ => Err(format!(
            "a {kind} has another number of names than {}",
            parts.len()
        )),
    }
}

/// Names joined by dots; one that is not plain stands in double quotes, which are doubled in it.
fn parts(text: &str) -> Result<Vec<String>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (part, behind) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted).ok_or("a double quote is not closed")?,
            None => {
                let (part, behind) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
                if !super::is_plain(part) {
                    return Err(format!(
                        "`{part}` is no plain lower-case name and must stand in double quotes"
                    ));
                }
                (part.to_owned(), behind)
            }
        };
        parts.push(part);
        match behind.strip_prefix('.') {
            Some(more) => rest = more,
            None if behind.is_empty() => return Ok(parts),
            None => return Err(format!("a dot is missing before `{behind}`")),
        }
    }
}

/// The text up to the closing quote, and what stands behind that.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = text;
    loop {
        let (inside, behind) = rest.split_once('"')?;
        part.push_str(inside);
        match behind.strip_prefix('"') {
            Some(more) => {
                part.push('"');
                rest = more;
            }
            None => return Some((part, behind)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

    use super::*;
    use crate::schema::object::Slot;

    fn name(schema: &str, name: &str) -> QualifiedName {
        QualifiedName::parse_parts(schema, name).unwrap()
    }

    #[track_caller]
    fn check(id: ObjectId, text: &str) {
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse::<ObjectId>().unwrap(), id);
        let comment = ObjectId::Comment(Box::new(id));
        assert_eq!(comment.to_string().parse::<ObjectId>().unwrap(), comment);
    }

    #[track_caller]
    fn refused(text: &str, reason: &str) {
        let error = text.parse::<ObjectId>().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{text}` names no object: {reason}")
        );
    }

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        let table = name("public", "posts");
        let ident = |name: &str| Ident::new(name).unwrap();
        check(ObjectId::Namespace(ident("public")), "schema:public");
        check(ObjectId::Enum(table.clone()), "enum:public.posts");
        check(ObjectId::Sequence(table.clone()), "sequence:public.posts");
        check(ObjectId::Table(table.clone()), "table:public.posts");
        check(ObjectId::Index(table.clone()), "index:public.posts");
        let column = ObjectId::Column {
            table: table.clone(),
            name: ident("title"),
        };
        check(column, "column:public.posts.title");
        let constraint = ObjectId::Constraint {
            table: table.clone(),
            name: ident("posts_pkey"),
        };
        check(constraint, "constraint:public.posts.posts_pkey");
        let value = ObjectId::EnumValue {
            ty: table.clone(),
            value: "draft".to_owned(),
        };
        check(ObjectId::View(table.clone()), "view:public.posts");
        check(
            ObjectId::MaterializedView(table.clone()),
            "materialized_view:public.posts",
        );
        let rule = ObjectId::Rule {
            table: table.clone(),
            name: ident("r"),
        };
        check(rule, "rule:public.posts.r");
        let trigger = ObjectId::Trigger {
            table: table.clone(),
            name: ident("t"),
        };
        check(trigger, "trigger:public.posts.t");
        check(ObjectId::EventTrigger(ident("e")), "event_trigger:e");
        let arguments = "integer, \"My (\".mood[]".to_owned();
        check(
            ObjectId::Function {
                name: name("public", "a(\"b"),
                arguments: arguments.clone(),
            },
            "function:public.\"a(\"\"b\"(integer, \"My (\".mood[])",
        );
        check(
            ObjectId::Procedure {
                name: table.clone(),
                arguments: String::new(),
            },
            "procedure:public.posts()",
        );
        check(
            ObjectId::Aggregate {
                name: table.clone(),
                arguments,
            },
            "aggregate:public.posts(integer, \"My (\".mood[])",
        );
        check(value, "enum_value:public.posts.draft");
        check(ObjectId::Extension(ident("citext")), "extension:citext");
        check(ObjectId::Domain(table.clone()), "domain:public.posts");
        let constraint = ObjectId::DomainConstraint {
            domain: table.clone(),
            name: ident("positive"),
        };
        check(constraint, "domain_constraint:public.posts.positive");
        check(ObjectId::Composite(table.clone()), "composite:public.posts");
        let attribute = ObjectId::Attribute {
            ty: table.clone(),
            name: ident("x"),
        };
        check(attribute, "attribute:public.posts.x");
        check(ObjectId::Range(table.clone()), "range:public.posts");
        check(
            ObjectId::Multirange(table.clone()),
            "multirange:public.posts",
        );
        check(ObjectId::Collation(table.clone()), "collation:public.posts");
        check(
            ObjectId::ReplicaIdentity(table.clone()),
            "replica_identity:public.posts",
        );
        check(ObjectId::Cluster(table.clone()), "cluster:public.posts");
        check(ObjectId::Typed(table.clone()), "typed:public.posts");
        check(
            ObjectId::Statistics(table.clone()),
            "statistics:public.posts",
        );
        check(ObjectId::Publication(ident("p")), "publication:p");
        let entry = ObjectId::PublicationTable {
            publication: ident("P"),
            table: table.clone(),
        };
        check(entry, "publication_table:\"P\".public.posts");
        let entry = ObjectId::PublicationSchema {
            publication: ident("p"),
            schema: ident("s"),
        };
        check(entry, "publication_schema:p.s");
        check(ObjectId::Subscription(ident("s")), "subscription:s");
        check(
            ObjectId::SearchParser(table.clone()),
            "search_parser:public.posts",
        );
        check(
            ObjectId::SearchTemplate(table.clone()),
            "search_template:public.posts",
        );
        check(
            ObjectId::SearchDictionary(table.clone()),
            "search_dictionary:public.posts",
        );
        check(
            ObjectId::SearchConfiguration(table.clone()),
            "search_configuration:public.posts",
        );
        check(
            ObjectId::Conversion(table.clone()),
            "conversion:public.posts",
        );
        check(ObjectId::Language(ident("L")), "language:\"L\"");
        check(ObjectId::AccessMethod(ident("m")), "access_method:m");
        let arguments = "\"a, b\".\"c)\", NONE".to_owned();
        check(
            ObjectId::Operator {
                name: name("public", "=("),
                arguments: arguments.clone(),
            },
            "operator:public.\"=(\"(\"a, b\".\"c)\", NONE)",
        );
        check(
            ObjectId::Cast {
                source: "integer".to_owned(),
                target: "\"a, b\".c".to_owned(),
            },
            "cast:(integer, \"a, b\".c)",
        );
        let method = ident("btree");
        check(
            ObjectId::OperatorFamily {
                name: table.clone(),
                method: method.clone(),
            },
            "operator_family:public.posts.btree",
        );
        check(
            ObjectId::OperatorClass {
                name: table.clone(),
                method: method.clone(),
            },
            "operator_class:public.posts.btree",
        );
        check(
            ObjectId::FamilyMember {
                family: table.clone(),
                method,
                slot: Slot::Function(2),
                arguments,
            },
            "family_member:public.posts.btree.\"function 2\"(\"a, b\".\"c)\", NONE)",
        );
    }

    #[test]
    fn who_may_do_what_is_read_as_it_is_written() {
        let read_back = |id: ObjectId, text: &str| {
            assert_eq!(id.to_string(), text);
            assert_eq!(text.parse::<ObjectId>().unwrap(), id);
        };
        let table = || Box::new(ObjectId::Table(name("public", "posts")));
        let role = |name: &str| Grantee::Role(Ident::new(name).unwrap());
        let grant = |grantee| ObjectId::Grant {
            on: table(),
            grantee,
        };
        read_back(ObjectId::Owner(table()), "owner:table:public.posts");
        read_back(grant(Grantee::Public), "grant:public:table:public.posts");
        read_back(grant(Grantee::Owner), "grant:owner:table:public.posts");
        read_back(grant(role("owner")), "grant:\"owner\":table:public.posts");
        read_back(
            grant(role("a:\"b.")),
            "grant:\"a:\"\"b.\":table:public.posts",
        );
        let policy = ObjectId::Policy {
            table: name("public", "posts"),
            name: Ident::new("p").unwrap(),
        };
        check(policy, "policy:public.posts.p");
        let defaults = |schema: Option<&str>, role: Option<&str>, grantee| {
            let ident = |name: &str| Ident::new(name).unwrap();
            ObjectId::DefaultPrivileges(DefaultScope {
                schema: schema.map(ident),
                role: role.map(ident),
                kind: DefaultKind::Tables,
                grantee,
            })
        };
        read_back(
            defaults(None, None, Grantee::Public),
            "default_privileges:tables.public.owner",
        );
        read_back(
            defaults(Some("My S"), Some("a.b"), role("r")),
            "default_privileges:tables.r.\"a.b\".\"My S\"",
        );
        refused("grant:reader", "what is granted on is missing");
        refused(
            "owner:owner:table:public.posts",
            "it has no owner and no privileges",
        );
        refused(
            "default_privileges:rows.r.owner",
            "`rows` is no kind of object with default privileges",
        );
        refused(
            "default_privileges:tables.r",
            "it has a kind, a grantee, a role and perhaps a schema, joined by dots",
        );
    }

    #[test]
    fn hostile_names_are_quoted() {
        let table = name("My Schema", "a\"b.c:d");
        check(
            ObjectId::Table(table.clone()),
            "table:\"My Schema\".\"a\"\"b.c:d\"",
        );
        let ty = name("public", "1st");
        check(
            ObjectId::EnumValue {
                ty,
                value: String::new(),
            },
            "enum_value:public.\"1st\".\"\"",
        );
        check(ObjectId::Index(name("\"", "Ü")), "index:\"\"\"\".\"Ü\"");
    }

    #[test]
    fn what_is_no_identity_is_refused_in_words() {
        refused("posts", "its kind is missing");
        refused(
            "tabel:public.posts",
            "`tabel` is no kind of object; did you mean `table`?",
        );
        refused("window:public.posts", "`window` is no kind of object");
        refused(
            "function:public.posts",
            "a function has the types of its arguments in parentheses behind its name",
        );
        refused(
            "procedure:posts(integer)",
            "a procedure has 2 names joined by dots, not 1",
        );
        refused("table:posts", "a table has 2 names joined by dots, not 1");
        refused(
            "table:public.posts.id",
            "a table has 2 names joined by dots, not 3",
        );
        refused(
            "table:public.Posts",
            "`Posts` is no plain lower-case name and must stand in double quotes",
        );
        refused("table:public.\"posts", "a double quote is not closed");
        refused("table:\"public\"posts", "a dot is missing before `posts`");
        refused(
            "comment:comment:table:public.posts",
            "there is no comment on a comment",
        );
        refused(
            "cast:(integer)",
            "a cast has two types in parentheses, with a comma between them",
        );
        refused(
            "family_member:public.f.btree.first(integer, integer)",
            "`first` is no place in an operator family",
        );
        refused("table:public.\"\"", "a name must not be empty");
        refused("", "its kind is missing");
    }
}
