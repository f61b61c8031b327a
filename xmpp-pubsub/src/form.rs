//! Data forms. XEP-0004.
//!
//! A [`Form`] is open: it holds any fields, and what people see of them. The forms of XEP-0060 have types of their own
//! with the values alone: [`NodeConfig`], [`PublishOptions`], [`SubscribeOptions`], [`SubscribeAuthorization`] and
//! [`MetaData`].

mod authorization;
mod meta_data;
mod node_config;
mod rules;
mod subscribe_options;
mod typed;
mod value;

use bytes::BufMut;
use wire_xml::{Attribute, Element, Writer};

use crate::decode::{expect, word};
use crate::error::DecodeError;
use crate::names::closed_names;
use crate::ns;
use crate::other::{Other, first};
use crate::stanza::Payload;

pub use authorization::SubscribeAuthorization;
pub use meta_data::MetaData;
pub use node_config::{
    AccessModel, AssociationPolicy, ItemReply, NodeConfig, NodeType, NotificationType,
    PublishModel, PublishNodeFull, PublishOptions, SendLastPublishedItem,
};
pub use subscribe_options::{Depth, Expire, ShowValue, SubscribeOptions, SubscriptionType};
pub use value::{DateTime, IntegerOrMax};

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
    /// Results of which there are many. §3.4.
    pub table: Option<Box<Table>>,
    /// What else was there.
    pub other: Other,
}

/// Results of which there are many. XEP-0004 §3.4.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Table {
    /// The columns.
    pub reported: Option<Row>,
    /// The rows.
    pub items: Vec<Row>,
}

/// Fields that stand together in a table: `reported` or `item`. XEP-0004 §3.4.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Row {
    /// The fields.
    pub fields: Vec<Field>,
    /// What else was there.
    pub other: Other,
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
    /// What else was there, a type that is not known among it.
    pub other: Other,
}

/// Something that a list field offers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldOption {
    /// A name for people.
    pub label: Option<String>,
    /// What is submitted.
    pub value: String,
    /// What else was there.
    pub other: Other,
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
            table: None,
            other: Other::new(),
        }
    }

    /// A form that says only that the other one is given up. XEP-0004 §3.1.
    #[must_use]
    pub const fn cancel() -> Self {
        Self {
            kind: FormKind::Cancel,
            title: None,
            instructions: Vec::new(),
            fields: Vec::new(),
            table: None,
            other: Other::new(),
        }
    }

    /// Reads an `x` element that a stanza carries.
    ///
    /// # Errors
    ///
    /// As [`from_element`](Self::from_element).
    pub fn decode(payload: &Payload) -> Result<Self, DecodeError> {
        Self::from_element(&payload.to_element()?)
    }

    /// The `x` element for a stanza.
    #[must_use]
    pub fn to_payload(&self) -> Payload {
        Payload::known(ns::DATA_FORMS, "x", |writer| self.write(writer))
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
        let text = |child: &Element| child.text().into_owned();
        let fields = element.children_named(ns::DATA_FORMS, "field");
        let instructions = element.children_named(ns::DATA_FORMS, "instructions");
        let mut is_title = first(ns::DATA_FORMS, "title");
        let mut is_reported = first(ns::DATA_FORMS, "reported");
        Ok(Self {
            kind,
            title: element.child(ns::DATA_FORMS, "title").map(text),
            instructions: instructions.map(text).collect(),
            fields: fields.map(Field::from_element).collect(),
            table: Table::from_element(element),
            other: Other::of(element, &["type"], |child| {
                matches!(
                    child.name().parts(),
                    (ns::DATA_FORMS, "field" | "instructions" | "item")
                ) || is_title(child)
                    || is_reported(child)
            }),
        })
    }

    /// Writes the `x` element where `writer` stands.
    pub fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        let tag = writer
            .start(ns::DATA_FORMS, "x")
            .attr("type", self.kind.as_str());
        self.other.write_attributes(tag);
        if let Some(title) = &self.title {
            writer.text_element(ns::DATA_FORMS, "title", title);
        }
        for instructions in &self.instructions {
            writer.text_element(ns::DATA_FORMS, "instructions", instructions);
        }
        for field in &self.fields {
            field.write(writer);
        }
        if let Some(table) = &self.table {
            table.write(writer);
        }
        self.other.write_elements(writer);
        writer.end();
    }
}

impl Table {
    /// The table in a form, if there is one.
    fn from_element(form: &Element) -> Option<Box<Self>> {
        let reported = form.child(ns::DATA_FORMS, "reported");
        let items = form.children_named(ns::DATA_FORMS, "item");
        let table = Self {
            reported: reported.map(Row::from_element),
            items: items.map(Row::from_element).collect(),
        };
        (table.reported.is_some() || !table.items.is_empty()).then(|| Box::new(table))
    }

    fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        if let Some(reported) = &self.reported {
            reported.write(writer, "reported");
        }
        for item in &self.items {
            item.write(writer, "item");
        }
    }
}

impl Row {
    fn from_element(element: &Element) -> Self {
        let fields = element.children_named(ns::DATA_FORMS, "field");
        Self {
            fields: fields.map(Field::from_element).collect(),
            other: Other::of(element, &[], |child| child.is(ns::DATA_FORMS, "field")),
        }
    }

    fn write<B: BufMut>(&self, writer: &mut Writer<B>, local: &str) {
        let tag = writer.start(ns::DATA_FORMS, local);
        self.other.write_attributes(tag);
        for field in &self.fields {
            field.write(writer);
        }
        self.other.write_elements(writer);
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
        field.options = options.into_iter().map(FieldOption::new).collect();
        field
    }

    /// A field with these values and nothing for people.
    #[must_use]
    pub fn new(var: &str, kind: Option<FieldKind>, values: Vec<String>) -> Self {
        Self {
            var: Some(var.to_owned()),
            kind,
            label: None,
            required: false,
            description: None,
            values,
            options: Vec::new(),
            other: Other::new(),
        }
    }

    /// The first value.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.values.first().map(String::as_str)
    }

    fn single(var: &str, kind: FieldKind, value: String) -> Self {
        Self::new(var, Some(kind), vec![value])
    }

    fn from_element(element: &Element) -> Self {
        let options = element.children_named(ns::DATA_FORMS, "option");
        let values = element.children_named(ns::DATA_FORMS, "value");
        // DF-02: an unknown type is text-single. Its name stays with what is not understood.
        let kind = element.attr("type").map(FieldKind::from_name);
        let attributes: &[&str] = match kind {
            Some(None) => &["var", "label"],
            Some(Some(_)) | None => &["var", "label", "type"],
        };
        let mut is_description = first(ns::DATA_FORMS, "desc");
        let mut is_required = first(ns::DATA_FORMS, "required");
        Self {
            var: element.attr("var").map(str::to_owned),
            kind: kind.map(|kind| kind.unwrap_or(FieldKind::TextSingle)),
            label: element.attr("label").map(str::to_owned),
            required: element.child(ns::DATA_FORMS, "required").is_some(),
            description: element
                .child(ns::DATA_FORMS, "desc")
                .map(|description| description.text().into_owned()),
            values: values.map(|value| value.text().into_owned()).collect(),
            options: options.map(FieldOption::from_element).collect(),
            other: Other::of(element, attributes, |child| {
                matches!(child.name().parts(), (ns::DATA_FORMS, "value" | "option"))
                    || is_description(child)
                    || is_required(child)
            }),
        }
    }

    fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        let is_type = |attribute: &Attribute| attribute.name.is("", "type");
        let kind = match self.kind {
            Some(FieldKind::TextSingle) if self.other.attributes().iter().any(is_type) => None,
            kind => kind,
        };
        let tag = writer
            .start(ns::DATA_FORMS, "field")
            .attr_opt("var", self.var.as_deref())
            .attr_opt("type", kind.map(FieldKind::as_str))
            .attr_opt("label", self.label.as_deref());
        self.other.write_attributes(tag);
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
            option.write(writer);
        }
        self.other.write_elements(writer);
        writer.end();
    }
}

impl FieldOption {
    /// An option without a name.
    #[must_use]
    pub fn new(value: &str) -> Self {
        Self {
            label: None,
            value: value.to_owned(),
            other: Other::new(),
        }
    }

    fn from_element(element: &Element) -> Self {
        let value = element.child(ns::DATA_FORMS, "value");
        Self {
            label: element.attr("label").map(str::to_owned),
            value: value
                .map(|value| value.text().into_owned())
                .unwrap_or_default(),
            other: Other::of(element, &["label"], first(ns::DATA_FORMS, "value")),
        }
    }

    fn write<B: BufMut>(&self, writer: &mut Writer<B>) {
        let tag = writer
            .start(ns::DATA_FORMS, "option")
            .attr_opt("label", self.label.as_deref());
        self.other.write_attributes(tag);
        writer.text_element(ns::DATA_FORMS, "value", &self.value);
        self.other.write_elements(writer);
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
        let source = br#"<x xmlns="jabber:x:data" type="form"><title>T</title><instructions>I</instructions><field var="FORM_TYPE" type="hidden"><value>urn:f</value></field><field var="a" type="list-single" label="A"><desc>d</desc><required/><value>1</value><option label="One"><value>1</value></option><option><value>2</value></option></field><field type="fixed"><value>words</value></field><reported><field var="a"/></reported><item><field var="a"><value>1</value></field></item><item><field var="a"><value>2</value></field></item></x>"#;
        let element = Element::parse(source, Profile::Xmpp, &Limits::default()).unwrap();
        let form = Form::from_element(&element).unwrap();
        assert_eq!(form.form_type(), Some("urn:f"), "XEP-0068");
        assert_eq!(form.field("a").unwrap().options.len(), 2, "DF-04");
        let table = form.table.as_ref().unwrap();
        assert_eq!(table.reported.as_ref().unwrap().fields.len(), 1, "DF-06");
        assert_eq!(table.items.len(), 2, "DF-06");
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

    #[test]
    fn what_is_not_understood_is_written_again() {
        let source = br#"<x xmlns="jabber:x:data" type="form" a="1"><field var="a" type="colour" b="2"><value>1</value><option label="L" c="3"><value>1</value><more/></option><validate xmlns="http://jabber.org/protocol/xdata-validate" datatype="xs:string"/></field><title>T</title><title>U</title></x>"#;
        let element = Element::parse(source, Profile::Xmpp, &Limits::default()).unwrap();
        let form = Form::from_element(&element).unwrap();
        assert_eq!(form.title.as_deref(), Some("T"));
        let mut out = BytesMut::new();
        form.write(&mut Writer::new(&mut out));
        let out = String::from_utf8(out.to_vec()).unwrap();
        for kept in [
            r#"type="form" a="1""#,
            r#"var="a" type="colour" b="2""#,
            r#"<option label="L" c="3"><value>1</value><more/></option><validate"#,
            "<title>U</title></x>",
        ] {
            assert!(out.contains(kept), "{kept} in {out}");
        }
    }
}
