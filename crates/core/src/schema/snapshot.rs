//! A schema as JSON: saved, put under version control, loaded and compared later.
//!
//! The form has a version. Objects stand one a line, in the order of their identities, so that the
//! same schema gives the same bytes and a changed one a small difference. An object is written as its
//! type has it; a field that is added to one needs `#[serde(default)]`, or another [`VERSION`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Location, Result};
use crate::name::{Ident, QualifiedName};
use crate::schema::{Object, ObjectId, Schema};

/// The version of the form that is written, and the newest that is read.
pub const VERSION: u32 = 1;

/// The key that makes a JSON file one of ours, with the form's version.
const MARK: &str = "limbeck_schema";

/// A schema and the server that printed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The schema.
    pub schema: Schema,
    /// The server's `server_version_num`: 150004 for 15.4; 0 where it is not known.
    pub server_version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "limbeck_schema")]
    _version: u32,
    #[serde(rename = "limbeck")]
    _written_by: String,
    server_version: u32,
    objects: Vec<ObjectEntry>,
    depends: Vec<DependsEntry>,
    columns: Vec<ColumnsEntry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectEntry {
    id: ObjectId,
    object: Object,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DependsEntry {
    id: ObjectId,
    on: BTreeSet<ObjectId>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnsEntry {
    table: QualifiedName,
    columns: Vec<Ident>,
}

impl Snapshot {
    /// The snapshot as the text of a file.
    pub fn to_json(&self) -> String {
        let Self {
            schema:
                Schema {
                    objects,
                    depends,
                    column_order,
                },
            server_version,
        } = self;
        let objects = objects.iter().map(|(id, object)| {
            line(&ObjectEntry {
                id: id.clone(),
                object: object.clone(),
            })
        });
        let depends = depends.iter().map(|(id, on)| {
            line(&DependsEntry {
                id: id.clone(),
                on: on.clone(),
            })
        });
        let columns = column_order.iter().map(|(table, columns)| {
            line(&ColumnsEntry {
                table: table.clone(),
                columns: columns.clone(),
            })
        });
        format!(
            "{{\n\"{MARK}\": {VERSION},\n\"limbeck\": \"{}\",\n\"server_version\": {server_version},\n\
             \"objects\": {},\n\"depends\": {},\n\"columns\": {}\n}}\n",
            env!("CARGO_PKG_VERSION"),
            lines(objects),
            lines(depends),
            lines(columns)
        )
    }

    /// Reads what [`to_json`](Self::to_json) writes; `name` is the file's, for messages.
    ///
    /// # Errors
    /// [`ErrorKind::Directory`] with line and column when the text is no snapshot, is damaged, or
    /// is of a newer version than this one knows: then the error names the version that wrote it.
    pub fn from_json(name: &str, text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let value: Value = read(name, text)?;
        let number = value.get(MARK).and_then(Value::as_u64);
        match number {
            None => {
                return Err(refused(name, "is not a schema that Limbeck has saved")
                    .with_hint("`limbeck snapshot SOURCE` writes one"));
            }
            Some(number) if number > u64::from(VERSION) => {
                let by = value.get("limbeck").and_then(Value::as_str);
                return Err(refused(
                    name,
                    &format!(
                        "was written by Limbeck {} in version {number} of the form, and this is \
                         Limbeck {}, which knows version {VERSION}",
                        by.unwrap_or("of another version"),
                        env!("CARGO_PKG_VERSION")
                    ),
                )
                .with_hint("read it with the Limbeck that wrote it, or a newer one"));
            }
            Some(_) => {}
        }
        // From the text once more, so that a mistake has its place.
        let File {
            _version: _,
            _written_by: _,
            server_version,
            objects,
            depends,
            columns,
        } = read(name, text)?;
        let mut schema = Schema {
            objects: unique(
                name,
                objects.into_iter().map(|entry| (entry.id, entry.object)),
            )?,
            depends: unique(name, depends.into_iter().map(|entry| (entry.id, entry.on)))?,
            column_order: columns
                .into_iter()
                .map(|entry| (entry.table, entry.columns))
                .collect(),
        };
        if let Some((id, _)) = schema.objects.iter().find(|(id, object)| !fits(id, object)) {
            return Err(refused(name, &format!("has something else as `{id}`")));
        }
        schema.held_by(server_version);
        Ok(Self {
            schema,
            server_version,
        })
    }
}

/// A list whose entries stand one a line.
fn lines(entries: impl Iterator<Item = String>) -> String {
    let entries: Vec<String> = entries.collect();
    if entries.is_empty() {
        return "[]".to_owned();
    }
    format!("[\n{}\n]", entries.join(",\n"))
}

/// A value in one line, its keys in order, without what is not there. A kind without attributes has
/// nothing but its name.
fn line(value: &impl Serialize) -> String {
    fn tidy(value: Value) -> Value {
        match value {
            Value::Object(map) => {
                let alone = map.len() == 1;
                let map: BTreeMap<String, Value> = map
                    .into_iter()
                    .filter(|(_, value)| alone || !value.is_null())
                    .map(|(key, value)| (key, tidy(value)))
                    .collect();
                Value::Object(map.into_iter().collect::<Map<String, Value>>())
            }
            Value::Array(values) => Value::Array(values.into_iter().map(tidy).collect()),
            other => other,
        }
    }
    let value = serde_json::to_value(value).expect("texts, numbers, lists and maps become JSON");
    tidy(value).to_string()
}

fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        refused(name, "cannot be read as a saved schema")
            .with_location(Location {
                file: name.to_owned(),
                line: u32::try_from(error.line()).ok(),
                column: u32::try_from(error.column()).ok(),
            })
            .with_source(error)
    })
}

fn refused(name: &str, told: &str) -> Error {
    Error::new(ErrorKind::Directory, format!("`{name}` {told}"))
}

fn unique<T>(
    name: &str,
    entries: impl Iterator<Item = (ObjectId, T)>,
) -> Result<BTreeMap<ObjectId, T>> {
    let mut map = BTreeMap::new();
    for (id, value) in entries {
        if map.contains_key(&id) {
            return Err(refused(name, &format!("has `{id}` twice")));
        }
        map.insert(id, value);
    }
    Ok(map)
}

/// Whether an object is of the kind that its identity says.
fn fits(id: &ObjectId, object: &Object) -> bool {
    let there = serde_json::to_value(object)
        .ok()
        .and_then(|value| Some(value.as_object()?.keys().next()?.replace('_', " ")));
    let wanted = match id.kind() {
        "function" | "procedure" => "routine",
        "schema" => "namespace",
        "table type" => "typed",
        "composite type" => "composite",
        "range type" => "range",
        "cluster index" => "cluster",
        "attached index" => "attached",
        "foreign-data wrapper" => "wrapper",
        "default privileges" => "grant",
        "member of operator family" => "family member",
        kind => kind.strip_prefix("text ").unwrap_or(kind),
    };
    there.as_deref() == Some(wanted)
}

/// A map whose keys are no texts, as the list of its entries.
pub(crate) mod entries {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<K, V, S>(map: &BTreeMap<K, V>, serializer: S) -> Result<S::Ok, S::Error>
    where
        K: Serialize,
        V: Serialize,
        S: Serializer,
    {
        serializer.collect_seq(map)
    }

    pub(crate) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        let entries = Vec::<(K, V)>::deserialize(deserializer)?;
        Ok(entries.into_iter().collect())
    }
}

/// Texts that are read back by the type's own rules.
macro_rules! as_text {
    ($($ty:ty: $write:expr, $read:expr, $what:literal;)*) => {$(
        impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let write: fn(&Self) -> String = $write;
                serializer.serialize_str(&write(self))
            }
        }

        impl<'de> Deserialize<'de> for $ty {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl Visitor<'_> for Text {
                    type Value = $ty;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($what)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$ty, E> {
                        let read: fn(&str) -> crate::error::Result<$ty> = $read;
                        read(text).map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }
    )*};
}

as_text! {
    Ident: |name| name.as_str().to_owned(), |text| Ident::new(text), "a name";
    ObjectId: ToString::to_string, str::parse, "an object such as `table:public.posts`";
}

impl Serialize for QualifiedName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { schema, name } = self;
        (schema, name).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for QualifiedName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (schema, name) = Deserialize::deserialize(deserializer)?;
        Ok(Self { schema, name })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::testing::generate::schemas;
    use crate::schema::testing::schema;

    proptest! {
        #[test]
        fn what_is_saved_is_what_is_loaded(schema in schemas()) {
            let saved = Snapshot { schema, server_version: 150_004 };
            let text = saved.to_json();
            let loaded = Snapshot::from_json("a.json", &text).expect("it is loaded");
            prop_assert_eq!(&loaded, &saved);
            prop_assert_eq!(&loaded.schema.depends, &saved.schema.depends);
            prop_assert_eq!(&loaded.schema.column_order, &saved.schema.column_order);
            prop_assert_eq!(loaded.to_json(), text);
        }
    }

    #[test]
    fn objects_stand_one_a_line() {
        let saved = Snapshot {
            schema: schema("table t\n  a bigint\n  b text?"),
            server_version: 0,
        };
        let text = saved.to_json();
        let line = text.lines().find(|line| line.contains("column:public.t.a"));
        assert_eq!(
            line.map(|line| line.trim_end_matches(',')),
            Some(
                "{\"id\":\"column:public.t.a\",\"object\":{\"column\":{\"computed\":\"stored\",\
                 \"foreign_options\":{},\"nullable\":false,\"options\":{},\"sql_type\":{\"builtin\":\"bigint\"}}}}"
            )
        );
        assert!(text.contains("{\"columns\":[\"a\",\"b\"],\"table\":[\"public\",\"t\"]}"));
    }

    #[track_caller]
    fn check(text: &str, words: &[&str]) -> Error {
        let error = Snapshot::from_json("old.json", text).expect_err("it is refused");
        let told = error.to_string();
        for word in words {
            assert!(told.contains(word), "{told}");
        }
        error
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let good = Snapshot {
            schema: schema("table t\n  a bigint"),
            server_version: 0,
        }
        .to_json();
        let newer = good.replace("\"limbeck_schema\": 1", "\"limbeck_schema\": 7");
        let newer = newer.replace(
            &format!("\"limbeck\": \"{}\"", env!("CARGO_PKG_VERSION")),
            "\"limbeck\": \"9.1.0\"",
        );
        check(&newer, &["`old.json`", "Limbeck 9.1.0", "version 7"]);
        check("{}", &["`old.json`", "not a schema"]);
        let damaged = check(&good.replace("bigint\"", "bigint"), &["cannot be read"]);
        assert_eq!(
            damaged.location().and_then(|place| place.line),
            Some(9),
            "{good}"
        );
        let unknown = good.replace("\"nullable\":false", "\"nullable\":false,\"colour\":1");
        let unknown = check(&unknown, &["cannot be read"]);
        let why = std::error::Error::source(&unknown).map(ToString::to_string);
        assert!(why.is_some_and(|why| why.contains("unknown field `colour`")));
        check(
            &good.replace("table:public.t\"", "view:public.t\""),
            &["something else"],
        );
        check(
            &good.replace("column:public.t.a", "table:public.t"),
            &["twice"],
        );
    }
}
