//! Data forms. XEP-0004.

use bytes::BufMut;
use wire_xml::{Element, Writer};

use crate::decode::{expect, word};
use crate::error::DecodeError;
use crate::names::closed_names;
use crate::ns;

closed_names! {
    /// What a form is for. XEP-0004 §3.1.
    pub enum FormKind {
        /// To be filled in.
        Form = "form",
        /// Filled in.
        Submit = "submit",
        /// Given up.
        Cancel = "cancel",
        /// Data, or results.
        Result = "result",
    }
}

closed_names! {
    /// How a field is shown and what it holds. XEP-0004 §3.3.
    pub enum FieldKind {
        /// Yes or no.
        Boolean = "boolean",
        /// Words for people.
        Fixed = "fixed",
        /// Not shown.
        Hidden = "hidden",
        /// Addresses.
        JidMulti = "jid-multi",
        /// An address.
        JidSingle = "jid-single",
        /// Some of the options.
        ListMulti = "list-multi",
        /// One of the options.
        ListSingle = "list-single",
        /// Lines of text.
        TextMulti = "text-multi",
        /// Text that is not shown.
        TextPrivate = "text-private",
        /// A line of text.
        TextSingle = "text-single",
    }
}

/// An `x` element of data forms. Children that are not understood are kept in `other`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Form {
    /// What it is for.
    pub kind: FormKind,
    /// A name for people.
    pub title: Option<String>,
    /// Words for people.
    pub instructions: Vec<String>,
    /// The fields, `FORM_TYPE` among them.
    pub fields: Vec<Field>,
    /// `reported`, `item` and what else was there.
    pub other: Vec<Element>,
}

/// One field of a form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Field {
    /// Its name; only `fixed` fields have none.
    pub var: Option<String>,
    /// What it holds; absent means `text-single` in a form and nothing in a submit.
    pub kind: Option<FieldKind>,
    /// A name for people.
    pub label: Option<String>,
    /// Whether it must be filled in.
    pub required: bool,
    /// Words for people.
    pub description: Option<String>,
    /// Its values.
    pub values: Vec<String>,
    /// What can be chosen.
    pub options: Vec<FieldOption>,
}

/// Something that a list field offers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldOption {
    /// A name for people.
    pub label: Option<String>,
    /// What is submitted.
    pub value: String,
}

impl Form {
    /// A form with its `FORM_TYPE` and nothing else. XEP-0068.
    #[must_use]
    pub fn new(kind: FormKind, form_type: &str) -> Self {
        let mut field = Field::text("FORM_TYPE", form_type);
        field.kind = Some(FieldKind::Hidden);
        Self {
            kind,
            title: None,
            instructions: Vec::new(),
            fields: vec![field],
            other: Vec::new(),
        }
    }

    /// The value of `FORM_TYPE`. XEP-0068.
    #[must_use]
    pub fn form_type(&self) -> Option<&str> {
        self.field("FORM_TYPE")?.value()
    }

    /// The first field of that name.
    #[must_use]
    pub fn field(&self, var: &str) -> Option<&Field> {
        self.fields
            .iter()
            .find(|field| field.var.as_deref() == Some(var))
    }

    /// Reads an `x` element.
    ///
    /// # Errors
    ///
    /// If it is another element or its type is unknown.
    pub fn from_element(element: &Element) -> Result<Self, DecodeError> {
        expect(element, ns::DATA_FORMS, "x")?;
        let kind =
            word(element, "x", "type", FormKind::from_name)?.ok_or(DecodeError::Missing {
                element: "x",
                field: "type",
            })?;
        let mut form = Self {
            kind,
            title: None,
            instructions: Vec::new(),
            fields: Vec::new(),
            other: Vec::new(),
        };
        for child in element.children() {
            match child.name().parts() {
                (ns::DATA_FORMS, "field") => form.fields.push(Field::from_element(child)),
                (ns::DATA_FORMS, "title") => form.title = Some(child.text().into_owned()),
                (ns::DATA_FORMS, "instructions") => {
                    form.instructions.push(child.text().into_owned());
                }
                _ => form.other.push(child.clone()),
            }
        }
        Ok(form)
    }

    /// Writes the `x` element where `writer` stands.
    pub fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        writer
            .start(ns::DATA_FORMS, "x")
            .attr("type", self.kind.as_str());
        if let Some(title) = &self.title {
            writer.text_element(ns::DATA_FORMS, "title", title);
        }
        for instructions in &self.instructions {
            writer.text_element(ns::DATA_FORMS, "instructions", instructions);
        }
        for field in &self.fields {
            field.write(writer);
        }
        for element in &self.other {
            writer.element(element);
        }
        writer.end();
    }
}

impl Field {
    /// A line of text.
    #[must_use]
    pub fn text(var: &str, value: &str) -> Self {
        Self::single(var, FieldKind::TextSingle, value.to_owned())
    }

    /// Yes or no.
    #[must_use]
    pub fn boolean(var: &str, value: bool) -> Self {
        Self::single(
            var,
            FieldKind::Boolean,
            if value { "1" } else { "0" }.to_owned(),
        )
    }

    /// One of some options.
    #[must_use]
    pub fn choice<'a>(var: &str, value: &str, options: impl IntoIterator<Item = &'a str>) -> Self {
        let mut field = Self::single(var, FieldKind::ListSingle, value.to_owned());
        field.options = options
            .into_iter()
            .map(|value| FieldOption {
                label: None,
                value: value.to_owned(),
            })
            .collect();
        field
    }

    /// The first value.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.values.first().map(String::as_str)
    }

    fn single(var: &str, kind: FieldKind, value: String) -> Self {
        Self {
            var: Some(var.to_owned()),
            kind: Some(kind),
            label: None,
            required: false,
            description: None,
            values: vec![value],
            options: Vec::new(),
        }
    }

    fn from_element(element: &Element) -> Self {
        let text = |local| {
            element
                .child(ns::DATA_FORMS, local)
                .map(|c| c.text().into_owned())
        };
        Self {
            var: element.attr("var").map(str::to_owned),
            // DF-02: an unknown type is text-single.
            kind: element
                .attr("type")
                .map(|kind| FieldKind::from_name(kind).unwrap_or(FieldKind::TextSingle)),
            label: element.attr("label").map(str::to_owned),
            required: element.child(ns::DATA_FORMS, "required").is_some(),
            description: text("desc"),
            values: element
                .children_named(ns::DATA_FORMS, "value")
                .map(|value| value.text().into_owned())
                .collect(),
            options: element
                .children_named(ns::DATA_FORMS, "option")
                .map(|option| FieldOption {
                    label: option.attr("label").map(str::to_owned),
                    value: option
                        .child(ns::DATA_FORMS, "value")
                        .map(|value| value.text().into_owned())
                        .unwrap_or_default(),
                })
                .collect(),
        }
    }

    fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        writer
            .start(ns::DATA_FORMS, "field")
            .attr_opt("var", self.var.as_deref())
            .attr_opt("type", self.kind.map(FieldKind::as_str))
            .attr_opt("label", self.label.as_deref());
        if let Some(description) = &self.description {
            writer.text_element(ns::DATA_FORMS, "desc", description);
        }
        if self.required {
            writer.start(ns::DATA_FORMS, "required").end();
        }
        for value in &self.values {
            writer.text_element(ns::DATA_FORMS, "value", value);
        }
        for option in &self.options {
            writer
                .start(ns::DATA_FORMS, "option")
                .attr_opt("label", option.label.as_deref());
            writer
                .text_element(ns::DATA_FORMS, "value", &option.value)
                .end();
        }
        writer.end();
    }
}

/// The four spellings of a boolean (PS-6.3-05).
pub(crate) fn parse_boolean(value: &str) -> Option<bool> {
    wire_xml::text::parse_bool(value)
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use wire_xml::{Limits, Profile};

    use super::*;

    #[test]
    fn df_a_form_is_written_as_it_was_read() {
        let source = br#"<x xmlns="jabber:x:data" type="form"><title>T</title><instructions>I</instructions><field var="FORM_TYPE" type="hidden"><value>urn:f</value></field><field var="a" type="list-single" label="A"><desc>d</desc><required/><value>1</value><option label="One"><value>1</value></option><option><value>2</value></option></field><field type="fixed"><value>words</value></field><reported><field var="a"/></reported></x>"#;
        let element = Element::parse(source, Profile::Xmpp, &Limits::default()).unwrap();
        let form = Form::from_element(&element).unwrap();
        assert_eq!(form.form_type(), Some("urn:f"), "XEP-0068");
        assert_eq!(form.field("a").unwrap().options.len(), 2, "DF-04");
        assert_eq!(form.other.len(), 1, "DF-06");
        let mut out = BytesMut::new();
        form.write(&mut Writer::new(&mut out));
        assert_eq!(out, source.as_slice());
    }

    #[test]
    fn df_02_an_unknown_field_type_is_text_single() {
        let source =
            br#"<x xmlns="jabber:x:data" type="submit"><field var="a" type="colour"/></x>"#;
        let element = Element::parse(source, Profile::Xmpp, &Limits::default()).unwrap();
        let form = Form::from_element(&element).unwrap();
        assert_eq!(form.fields[0].kind, Some(FieldKind::TextSingle));
    }
}
