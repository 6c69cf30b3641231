//! Generates JSON Schema from the wire types.

use anyhow::{Context, Result};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// The path of the schemas in both documents.
const PLACE: &str = "/components/schemas";

/// The schemas of one document.
///
/// What a client sends and what it receives are described separately. In a request an optional
/// field may be `null`; an answer leaves it out. If a type differs because of this, the schema of
/// what is sent has `Input` at the end of its name.
pub(super) struct Schemas {
    input: SchemaGenerator,
    output: SchemaGenerator,
}

impl Schemas {
    /// Creates an empty set of schemas in the dialect of `settings`.
    pub(super) fn new(settings: SchemaSettings) -> Self {
        let settings = settings.with(|settings| settings.definitions_path = PLACE.into());
        Self {
            input: settings.clone().for_deserialize().into_generator(),
            output: settings.for_serialize().into_generator(),
        }
    }

    /// A reference to the schema of a type that a client sends.
    pub(super) fn sent<T: JsonSchema>(&mut self) -> Value {
        self.input.subschema_for::<T>().to_value()
    }

    /// A reference to the schema of a type that a client receives.
    pub(super) fn got<T: JsonSchema>(&mut self) -> Value {
        self.output.subschema_for::<T>().to_value()
    }

    /// The fields of a query type. A query has no `null`.
    pub(super) fn query<T: JsonSchema>(&mut self) -> Result<Map<String, Value>> {
        let mut schema = T::json_schema(&mut self.output).to_value();
        tidy(&mut schema, true);
        let fields = schema["properties"].as_object();
        Ok(fields.with_context(|| format!("{} has no fields", T::schema_name()))?.clone())
    }

    /// All schemas that are referred to, by name.
    pub(super) fn into_components(mut self) -> Map<String, Value> {
        let mut components = self.output.take_definitions(true);
        components.values_mut().for_each(|schema| tidy(schema, true));
        let mut inputs = self.input.take_definitions(true);
        inputs.values_mut().for_each(|schema| tidy(schema, false));
        let differing = inputs.iter().filter(|(name, schema)| components.get(*name).is_some_and(|got| got != *schema));
        let differing: Vec<_> = differing.map(|(name, _)| name.clone()).collect();
        for (name, mut schema) in inputs {
            for other in &differing {
                point_to_input(&mut schema, other);
            }
            let name = if differing.contains(&name) { format!("{name}Input") } else { name };
            components.insert(name, schema);
        }
        components
    }
}

/// A reference to the schema `name`.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#{PLACE}/{name}") })
}

/// The alternatives of a tagged union, each with the value of its tag and its schema.
pub(super) fn variants(union: &Value, tag: &str) -> Result<Vec<(String, Value)>> {
    let alternatives = union["oneOf"].as_array().context("a union is `oneOf` its alternatives")?;
    let named = alternatives.iter().map(|alternative| {
        let name = alternative["properties"][tag]["const"].as_str().context("each alternative has the tag")?;
        Ok((name.to_owned(), alternative.clone()))
    });
    named.collect()
}

fn tidy(schema: &mut Value, got: bool) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(|part| tidy(part, got)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| tidy(field, got));
            if got {
                without_null(fields);
            } else {
                // What is in a request twice counts once.
                fields.remove("uniqueItems");
            }
            with_common_format(fields);
            as_enumeration(fields);
        }
        _ => {}
    }
}

/// Removes `null` from optional fields.
fn without_null(fields: &mut Map<String, Value>) {
    if let Some([kind, null]) = fields.get("type").and_then(Value::as_array).map(Vec::as_slice)
        && null == "null"
    {
        let kind = kind.clone();
        fields.insert("type".to_owned(), kind);
    }
    if let Some([schema, null]) = fields.get("anyOf").and_then(Value::as_array).map(Vec::as_slice)
        && *null == json!({ "type": "null" })
    {
        let schema = schema.clone();
        fields.remove("anyOf");
        // Not the schema itself, because older dialects ignore what is beside a `$ref`.
        fields.insert("allOf".to_owned(), json!([schema]));
    }
}

/// Replaces `uint16` and `uint32` by `int32`, which every tool knows. All values that occur fit
/// into it.
fn with_common_format(fields: &mut Map<String, Value>) {
    if let Some("uint16" | "uint32") = fields.get("format").and_then(Value::as_str) {
        fields.insert("format".to_owned(), "int32".into());
    }
}

/// Converts alternatives that are single strings to an `enum`. Their meanings become the
/// description.
fn as_enumeration(fields: &mut Map<String, Value>) {
    let Some(alternatives) = fields.get("oneOf").and_then(Value::as_array) else { return };
    let word =
        |alternative: &Value| Some((alternative["const"].as_str()?.to_owned(), alternative["description"].clone()));
    let Some(words) = alternatives.iter().map(word).collect::<Option<Vec<_>>>() else { return };
    let line = |(word, meaning): &(String, Value)| format!("- `{word}`: {}", meaning.as_str().unwrap_or_default());
    let description = fields.get("description").and_then(Value::as_str).unwrap_or_default();
    let description = format!("{description}\n\n{}", words.iter().map(line).collect::<Vec<_>>().join("\n"));
    fields.remove("oneOf");
    fields.insert("type".to_owned(), "string".into());
    fields.insert("enum".to_owned(), words.into_iter().map(|(word, _)| word).collect());
    fields.insert("description".to_owned(), description.into());
}

fn point_to_input(schema: &mut Value, name: &str) {
    match schema {
        Value::Array(parts) => parts.iter_mut().for_each(|part| point_to_input(part, name)),
        Value::Object(fields) => {
            let here = format!("#{PLACE}/{name}");
            for (key, field) in fields {
                if key == "$ref" && *field == here {
                    *field = format!("{here}Input").into();
                } else {
                    point_to_input(field, name);
                }
            }
        }
        _ => {}
    }
}
