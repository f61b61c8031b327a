//! Answers of any size, item by item, while they arrive.

mod stream;

use std::collections::VecDeque;

use crate::{
    DecodeError, Decoder, ResponseHead, Tree, TreeNode,
    axl::{AxlCallError, Content, Listed, Pending},
    tree::{self, Arena},
    xml::Name,
};

use stream::{Sink, Stream};

/// What stands inside the answer's `return`, element by element: rows of a query, objects of a
/// list.
///
/// The answer is never held whole: what was read is dropped, and memory is bounded by the longest
/// item, the piece handed in last, and 64 KiB. Give each piece of the body to
/// [`Rows::handle_body`] and take [`Rows::next_row`] until it returns `None`; when the body is
/// complete, call [`Rows::handle_end`] and take the last ones.
///
/// ```
/// use soap_axl::{ResponseHead, axl};
///
/// let client = axl::Client::new(axl::ClientConfig::new(axl::Version::V14_0));
/// let query = axl::ExecuteSqlQuery::new("select name, tkmodel from device");
/// let call = client.call(&query);
/// // .. send the request; the head of its response comes ..
/// let mut rows = call.pending.receive_rows(ResponseHead::new(200));
/// # let answer = br#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>
/// #     <n:executeSQLQueryResponse xmlns:n="http://www.cisco.com/AXL/API/14.0"><return>
/// #     <row><name>SEP001122334455</name><tkmodel>683</tkmodel></row></return>
/// #     </n:executeSQLQueryResponse></e:Body></e:Envelope>"#;
/// # let mut names = Vec::new();
/// for piece in answer.chunks(1000) {
///     rows.handle_body(piece)?;
///     while let Some(row) = rows.next_row()? {
///         for column in row.children() {
///             println!("{}: {}", column.local(), column.text());
/// #           names.push(column.local().to_owned());
///         }
///     }
/// }
/// rows.handle_end();
/// while let Some(row) = rows.next_row()? {
/// #   names.extend(row.children().map(|column| column.local().to_owned()));
///     // ..
/// }
/// # assert_eq!(names, ["name", "tkmodel"]);
/// # Ok::<(), axl::AxlCallError>(())
/// ```
#[derive(Debug)]
pub struct Rows {
    stream: Stream,
    batch: TreeBatch,
}

impl Rows {
    /// Takes the next piece of the body.
    ///
    /// # Errors
    ///
    /// When one item, or what stands around the items, is over the limit.
    pub fn handle_body(&mut self, piece: &[u8]) -> Result<(), AxlCallError> {
        self.stream.handle_body(piece)
    }

    /// The body is complete.
    pub fn handle_end(&mut self) {
        self.stream.handle_end();
    }

    /// The next item that is complete; `None` when more has to come, and at the end.
    ///
    /// # Errors
    ///
    /// As for [`Reply::finish`](crate::axl::Reply::finish). Items that came out before stand.
    pub fn next_row(&mut self) -> Result<Option<TreeNode<'_>>, AxlCallError> {
        while self.batch.is_over() {
            self.batch.clear();
            if !self.stream.read(&mut self.batch)? {
                return Ok(None);
            }
        }
        Ok(self.batch.next())
    }

    /// Whether the answer has been read to its end.
    pub fn is_over(&self) -> bool {
        self.stream.is_over() && self.batch.is_over()
    }

    /// The longest item taken, and the most that may stand around the items, in bytes.
    #[must_use]
    pub fn with_max_item(mut self, bytes: usize) -> Self {
        self.stream.set_max_item(bytes);
        self
    }

    /// Bytes held at this moment.
    pub fn buffered(&self) -> usize {
        self.stream.buffered() + self.batch.tree.source().len()
    }
}

/// The objects of a list, one by one, while they arrive. Used as [`Rows`].
#[derive(Debug)]
pub struct Items<T> {
    stream: Stream,
    ready: Ready<T>,
}

impl<T: Content> Items<T> {
    /// Takes the next piece of the body.
    ///
    /// # Errors
    ///
    /// When one item, or what stands around the items, is over the limit.
    pub fn handle_body(&mut self, piece: &[u8]) -> Result<(), AxlCallError> {
        self.stream.handle_body(piece)
    }

    /// The body is complete.
    pub fn handle_end(&mut self) {
        self.stream.handle_end();
    }

    /// The next item that is complete; `None` when more has to come, and at the end.
    ///
    /// # Errors
    ///
    /// As for [`Reply::finish`](crate::axl::Reply::finish). Items that came out before stand.
    pub fn next_item(&mut self) -> Result<Option<T>, AxlCallError> {
        while self.ready.items.is_empty() {
            if !self.stream.read(&mut self.ready)? {
                return Ok(None);
            }
        }
        Ok(self.ready.items.pop_front())
    }

    /// Whether the answer has been read to its end.
    pub fn is_over(&self) -> bool {
        self.stream.is_over() && self.ready.items.is_empty()
    }

    /// The longest item taken, and the most that may stand around the items, in bytes.
    #[must_use]
    pub fn with_max_item(mut self, bytes: usize) -> Self {
        self.stream.set_max_item(bytes);
        self
    }
}

impl<R> Pending<R> {
    /// The head of the response came; what is inside its `return` is read element by element. Its
    /// length does not matter.
    pub fn receive_rows(self, head: ResponseHead) -> Rows {
        Rows {
            stream: Stream::new(self.into_expected(), head),
            batch: TreeBatch::default(),
        }
    }
}

impl<R: Listed> Pending<R> {
    /// The head of the response came; the objects of its list are read one by one. Its length does
    /// not matter.
    pub fn receive_items(self, head: ResponseHead) -> Items<R::Item> {
        Items {
            stream: Stream::new(self.into_expected(), head),
            ready: Ready {
                wire: R::ITEM,
                items: VecDeque::new(),
            },
        }
    }
}

/// Objects that have not been taken.
#[derive(Debug)]
struct Ready<T> {
    wire: &'static str,
    items: VecDeque<T>,
}

impl<T: Content> Sink for Ready<T> {
    fn begin(&mut self, _window: &str) {}

    fn item(
        &mut self,
        name: &Name<'_>,
        _window: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), DecodeError> {
        // What a service update added beside the objects is passed over.
        if name.local() == self.wire {
            self.items.push_back(T::read(decoder, self.wire)?);
        }
        Ok(())
    }
}

/// Trees of one window of the answer.
#[derive(Debug, Default)]
struct TreeBatch {
    tree: Tree,
    /// Index of each item's node, in order.
    roots: Vec<usize>,
    taken: usize,
}

impl TreeBatch {
    fn is_over(&self) -> bool {
        self.taken >= self.roots.len()
    }

    fn clear(&mut self) {
        self.roots.clear();
        self.taken = 0;
    }

    fn next(&mut self) -> Option<TreeNode<'_>> {
        let root = self.roots.get(self.taken)?;
        self.taken += 1;
        Some(self.tree.node(*root))
    }
}

impl Sink for TreeBatch {
    fn begin(&mut self, window: &str) {
        self.clear();
        self.tree.refill(window);
    }

    fn item(
        &mut self,
        _name: &Name<'_>,
        window: &str,
        decoder: &mut Decoder<'_>,
    ) -> Result<(), DecodeError> {
        let arena: &mut Arena = self.tree.arena_mut();
        let root = tree::read_more(arena, window, decoder)?;
        self.roots.push(root);
        Ok(())
    }
}
