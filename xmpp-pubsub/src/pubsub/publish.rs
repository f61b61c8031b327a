//! Requests to publish, read without a tree.
//!
//! Only what nearly every request is: one `publish` with `item` in it and nothing that would have to be kept. All else, faults
//! among it, is left to the reader of trees, which says the same of the requests that are read here, to the byte.

use super::Child;
use crate::error::DecodeError;
use crate::id::{ItemId, NodeId};
use crate::in_place::{Carried, InPlace, ItemNames, Next};
use crate::jid::Jid;
use crate::ns::PUBSUB as NS;
use crate::other::Other;
use crate::stanza::Payload;

/// The only child, or `None` if it is not as plain as that.
pub(super) fn decode(payload: &Payload) -> Result<Option<Child>, DecodeError> {
    Ok(publish(InPlace::new(payload)?))
}

fn publish(mut xml: InPlace<'_>) -> Option<Child> {
    xml.open(NS, "pubsub")?;
    xml.no_attributes()?;
    xml.open(NS, "publish")?;
    let [node] = xml.attributes(["node"])?;
    let node = NodeId::new(&node?).ok()?;
    let mut items = Vec::new();
    while let Next::Start(start) = xml.next()? {
        if !start.name.is(NS, "item") {
            return None;
        }
        // A service keeps them: each is a copy of its own.
        let [id, publisher] = xml.attributes(["id", "publisher"])?;
        let id = id.filter(|id| !id.is_empty()).map(|id| ItemId::new(&id));
        let publisher = publisher.map(|jid| Jid::new(&jid));
        let names = ItemNames {
            id: id.transpose().ok()?,
            publisher: publisher.transpose().ok()?,
        };
        items.push(xml.item(names, Carried::Anew)?);
    }
    xml.close()?;
    Some(Child::Publish {
        node: Some(node),
        items,
        other: Other::new(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wire_xml::Limits;

    use super::super::PubSub;
    use super::*;

    /// The payload of a request with that in it; `None` if it is not well-formed.
    fn read(content: &str) -> Option<Payload> {
        let source = format!("<pubsub xmlns='{NS}'>{content}</pubsub>");
        let whole = format!("<iq xmlns='jabber:client' type='set' id='1'>{source}</iq>");
        let stanza = crate::Stanza::parse(whole.as_bytes(), &Limits::default()).ok()?;
        let crate::Stanza::Iq(iq) = stanza else {
            panic!("an iq");
        };
        let crate::stanza::IqContent::Set(payload) = iq.content else {
            panic!("a set");
        };
        Some(payload)
    }

    fn payload(content: &str) -> Payload {
        read(content).expect(content)
    }

    #[test]
    fn what_is_read_without_a_tree_is_what_the_tree_says() {
        for content in [
            "<publish node='n'/>",
            "<publish node='n'><item/></publish>",
            "<publish node='n&amp;m'>\n <item id=''>\n <a xmlns='urn:a'>text</a>\n </item> </publish>\n",
            "<publish node='n'><item id='1' publisher='A@b/c'><a xmlns='urn:a'>&lt;&amp;&gt;</a></item></publish>",
            "<publish node='n'><item><a xmlns='urn:a'>&quot;&#65;\t\"'</a></item></publish>",
            "<publish node='n'><item><a xmlns='urn:a'><![CDATA[<b>]]></a></item></publish>",
            "<publish node='n'><item><a xmlns='urn:a>b'>text</a></item></publish>",
            "<publish node='n'><item><a xmlns='urn:a' xmlns:p='urn:p'>a > b\r\n</a></item></publish>",
            "<publish node='n'><item><p:a xmlns:p='urn:p'>text</p:a></item></publish>",
            "<publish node='n'><item><a xmlns='urn:a' b='c'>text</a></item></publish>",
            "<publish node='n'><item><a xmlns='urn:a'/><a xmlns='urn:a'></a></item></publish>",
            "<publish node='n'><item><a>text</a></item><item><a xmlns=''>text</a></item></publish>",
            "<publish node='n'><item><a xmlns='urn:a'>x<b/>y</a></item></publish>",
        ] {
            let payload = payload(content);
            let found = decode(&payload).unwrap().expect(content);
            let tree = PubSub::decode_tree(&payload).unwrap();
            assert_eq!(PubSub::new(found), tree, "{content}");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_tree() {
        for content in [
            "",
            "<publish/>",
            "<publish node=''/>",
            "<publish node='n' more='1'/>",
            "<publish node='n'/><publish-options/>",
            "<publish node='n'><item id='1' more='1'/></publish>",
            "<publish node='n'>text<item id='1'/></publish>",
            "<publish node='n'><item>text</item></publish>",
            "<publish node='n'><more/></publish>",
            "<publish node='n'><item publisher='@'/></publish>",
            "<retract node='n'/>",
        ] {
            assert_eq!(decode(&payload(content)), Ok(None), "{content}");
        }
    }

    /// What stands in a request, right or wrong.
    const PARTS: &[&str] = &[
        "<item>",
        "<item id='1'>",
        "<item id='' publisher='A@b/c'>",
        "<item id='1' xml:lang='en'>",
        "<item/>",
        "</item>",
        "<a xmlns='urn:a'>",
        "<a xmlns='urn:a>b'>",
        "<a xmlns=\"it's\">",
        "<a xmlns=''>",
        "<a>",
        "<a b='c'>",
        "<a xml:lang='en'>",
        "</a>",
        "<p:a xmlns:p='urn:p'>",
        "<p:a xmlns:p='urn:p' p:b='c'>",
        "</p:a>",
        "<a xmlns='urn:a'/>",
        "text",
        " ",
        ">",
        "\"",
        "'",
        "]]&gt;",
        "&lt;&amp;&quot;",
        "&#13;\n",
        "<![CDATA[<a>]]>",
    ];

    const NODES: &[&str] = &["node='n'", "node='&lt;'", "node='n' xml:lang='en'", ""];

    proptest! {
        #[test]
        fn whatever_is_read_without_a_tree_is_what_the_tree_says(
            parts in prop::collection::vec(prop::sample::select(PARTS), 0..8),
            node in prop::sample::select(NODES),
        ) {
            let parts = parts.concat();
            for parts in [format!("<item id='i'>{parts}</item>"), parts] {
                let content = format!("<publish {node}>{parts}</publish>");
                let Some(payload) = read(&content) else {
                    continue;
                };
                let Ok(Some(found)) = decode(&payload) else {
                    continue;
                };
                let tree = PubSub::decode_tree(&payload).expect("what is plain is right");
                let found = PubSub::new(found);
                let (written, expected) = (found.to_payload(), tree.to_payload());
                prop_assert_eq!(written.as_bytes(), expected.as_bytes());
                prop_assert_eq!(found, tree);
            }
        }
    }

    #[test]
    fn what_is_published_is_a_copy_of_its_own() {
        let payload =
            payload("<publish node='n'><item id='1'><a xmlns='urn:a'>text</a></item></publish>");
        let Ok(Some(Child::Publish { items, .. })) = decode(&payload) else {
            panic!("a publish");
        };
        let kept = items[0].payload().unwrap().as_bytes().as_ptr();
        assert!(!payload.as_bytes().as_ptr_range().contains(&kept));
    }
}
