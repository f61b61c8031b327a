//! One direction of a TCP connection, put in order.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;

use crate::inspect::timestamp::Timestamp;

/// What the stream goes on with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Piece {
    /// Bytes, and when they were captured.
    Data(Timestamp, Bytes),
    /// The capture lacks so many bytes.
    Gap(u64),
    /// The sender has closed it, or the connection broke.
    End,
    /// Nothing more was captured; the sender may have gone on.
    Stop,
}

/// Segments of one sender, in the order in which they were captured.
///
/// Places in the stream are counted in 64 bits; their lower half is the sequence number. Segments
/// behind a hole are held. The hole is given up as lost when the receiver acknowledged it and more
/// was captured since, when too much is held, or after a long time.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// Where the next byte is due; `None` before the first segment.
    next: Option<u64>,
    /// The sequence number of the first byte.
    first: Option<u32>,
    held: BTreeMap<u64, Held>,
    held_bytes: usize,
    /// Where the sender's FIN stands.
    fin: Option<u64>,
    /// Up to where the receiver has acknowledged.
    acknowledged: u64,
    hole: Option<Hole>,
    ended: bool,
}

#[derive(Debug)]
struct Held {
    time: Timestamp,
    data: Bytes,
    /// Bytes behind `data` that the capture cut off.
    cut: u64,
}

impl Held {
    fn len(&self) -> u64 {
        self.data.len() as u64 + self.cut
    }
}

#[derive(Clone, Copy, Debug)]
struct Hole {
    since: Timestamp,
    /// Segments captured since, of both directions.
    segments: u32,
}

impl Stream {
    /// The sender's SYN says that its first byte has this number.
    pub(crate) fn start(&mut self, first: u32) {
        self.next(first);
    }

    /// Bytes that it holds, and what it takes to hold them.
    pub(crate) fn weight(&self) -> usize {
        self.held_bytes + self.held.len() * size_of::<(u64, Held)>()
    }

    /// Whether the end has been told.
    pub(crate) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// The sequence number of the first byte; `None` before the first segment.
    pub(crate) const fn first_sequence(&self) -> Option<u32> {
        self.first
    }

    /// A segment with data; `cut` bytes more were sent than captured.
    pub(crate) fn segment(
        &mut self,
        time: Timestamp,
        sequence: u32,
        data: Bytes,
        cut: u64,
        out: &mut Vec<Piece>,
    ) {
        let next = self.next(sequence);
        let segment = Held { time, data, cut };
        if segment.len() == 0 || self.ended {
            return;
        }
        let start = place(next, sequence);
        if start.saturating_add(segment.len()) <= next {
            return;
        }
        if start <= next {
            self.deliver(start, &segment, out);
            self.drain(out);
        } else {
            self.hold(start, segment);
            self.hole.get_or_insert(Hole {
                since: time,
                segments: 0,
            });
            while self.held_bytes > MOST_HELD || self.held.len() > MOST_SEGMENTS {
                self.give_up(out);
            }
        }
    }

    /// The sender closes behind the byte before `sequence`.
    pub(crate) fn finish(&mut self, sequence: u32, out: &mut Vec<Piece>) {
        let next = self.next(sequence);
        self.fin = Some(place(next, sequence));
        self.drain(out);
    }

    /// A segment of the other direction, or a later one of this, was captured at `time`. What the
    /// receiver acknowledged has arrived there: if it is not here, the capture lost it.
    pub(crate) fn observe(
        &mut self,
        time: Timestamp,
        acknowledged: Option<u32>,
        out: &mut Vec<Piece>,
    ) {
        let Some(next) = self.next else {
            return;
        };
        if let Some(number) = acknowledged {
            self.acknowledged = self.acknowledged.max(place(next, number));
        }
        let Some(hole) = &mut self.hole else {
            return;
        };
        hole.segments += 1;
        let patience = hole.segments > PATIENCE_SEGMENTS || time.since(hole.since) > PATIENCE;
        let received = self
            .held
            .keys()
            .next()
            .is_some_and(|start| self.acknowledged >= *start);
        if (received && patience) || time.since(hole.since) > LONG_PATIENCE {
            self.give_up(out);
        }
    }

    /// Nothing more will come: `last` says why.
    pub(crate) fn end(&mut self, last: Piece, out: &mut Vec<Piece>) {
        while !self.held.is_empty() {
            self.give_up(out);
        }
        if let (Some(next), Some(fin)) = (self.next, self.fin)
            && fin > next
        {
            out.push(Piece::Gap(fin - next));
            self.next = Some(fin);
            self.drain(out);
        }
        if !self.ended {
            self.ended = true;
            out.push(last);
        }
    }

    /// Where the next byte is due, which is at `sequence` if nothing was captured before.
    fn next(&mut self, sequence: u32) -> u64 {
        self.first.get_or_insert(sequence);
        *self.next.get_or_insert_with(|| BASE + u64::from(sequence))
    }

    fn hold(&mut self, start: u64, segment: Held) {
        let bytes = segment.data.len();
        let held = self.held.get(&start);
        if held.is_none_or(|held| held.len() < segment.len()) {
            self.held_bytes += bytes;
            if let Some(shorter) = self.held.insert(start, segment) {
                self.held_bytes -= shorter.data.len();
            }
        }
    }

    /// Goes on behind the first hole.
    fn give_up(&mut self, out: &mut Vec<Piece>) {
        let (Some(next), Some(start)) = (self.next, self.held.keys().next()) else {
            return;
        };
        if let Some(lost) = start.checked_sub(next).filter(|lost| *lost > 0) {
            out.push(Piece::Gap(lost));
            self.next = Some(*start);
        }
        self.drain(out);
    }

    /// Delivers what is held and due.
    fn drain(&mut self, out: &mut Vec<Piece>) {
        let mut moved = false;
        while let (Some(next), Some(first)) = (self.next, self.held.first_entry())
            && *first.key() <= next
        {
            moved = true;
            let (start, segment) = first.remove_entry();
            self.held_bytes -= segment.data.len();
            self.deliver(start, &segment, out);
        }
        match self.held.values().next() {
            None => self.hole = None,
            // It is another hole now.
            Some(first) if moved => {
                self.hole = Some(Hole {
                    since: first.time,
                    segments: 0,
                });
            }
            Some(_) => {}
        }
        if !self.ended
            && self
                .fin
                .zip(self.next)
                .is_some_and(|(fin, next)| fin <= next)
        {
            self.ended = true;
            out.push(Piece::End);
        }
    }

    /// Takes what is new of a segment that begins no later than the next byte.
    fn deliver(&mut self, start: u64, segment: &Held, out: &mut Vec<Piece>) {
        let next = self.next.unwrap_or(start);
        let end = start + segment.len();
        if end <= next {
            return;
        }
        let known = next - start;
        let data_len = segment.data.len() as u64;
        if known < data_len {
            // Less than the length of the data.
            let data = segment.data.slice(known as usize..);
            out.push(Piece::Data(segment.time, data));
        }
        let cut = segment.cut.min(end - next);
        if cut > 0 {
            out.push(Piece::Gap(cut));
        }
        self.next = Some(end);
    }
}

/// The place of a sequence number, the one nearest to `next`.
fn place(next: u64, sequence: u32) -> u64 {
    // The lower half of a place is its sequence number; a difference has a sign.
    let distance = i64::from(sequence.wrapping_sub(next as u32) as i32);
    next.saturating_add_signed(distance)
}

/// High enough that a segment from before the first one has a place too.
const BASE: u64 = 1 << 32;

/// Bytes of a direction that wait for a hole to be filled.
const MOST_HELD: usize = 256 * 1024;

const MOST_SEGMENTS: usize = 1_024;

/// How long an acknowledged hole may be filled by segments captured out of order.
const PATIENCE: Duration = Duration::from_millis(200);

const PATIENCE_SEGMENTS: u32 = 16;

/// How long any hole may be filled: a capture may lack the acknowledgements.
const LONG_PATIENCE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(Duration::ZERO);

    /// Feeds `(sequence, data)` from number 1000 on, and tells what comes out.
    fn stream(segments: &[(u32, &'static str)]) -> (Stream, Vec<Piece>) {
        let mut stream = Stream::default();
        let mut out = Vec::new();
        stream.start(1000);
        for (sequence, data) in segments {
            stream.segment(
                NOW,
                *sequence,
                Bytes::from_static(data.as_bytes()),
                0,
                &mut out,
            );
        }
        (stream, out)
    }

    fn text(pieces: &[Piece]) -> String {
        pieces
            .iter()
            .map(|piece| match piece {
                Piece::Data(_, data) => String::from_utf8_lossy(data).into_owned(),
                Piece::Gap(lost) => format!("<{lost}>"),
                Piece::End => "$".to_owned(),
                Piece::Stop => "|".to_owned(),
            })
            .collect()
    }

    #[test]
    fn segments_out_of_order_are_put_in_order() {
        let (_, out) = stream(&[(1003, "def"), (1006, "ghi"), (1000, "abc")]);
        assert_eq!(text(&out), "abcdefghi");
    }

    #[test]
    fn retransmissions_and_overlaps_are_taken_once() {
        let (_, out) = stream(&[
            (1000, "abc"),
            (1000, "abc"),
            (1001, "bcde"),
            (1000, "abcdef"),
        ]);
        assert_eq!(text(&out), "abcdef");
    }

    #[test]
    fn held_segments_may_overlap() {
        let (_, out) = stream(&[(1004, "ef"), (1002, "cde"), (1002, "cd"), (1000, "ab")]);
        assert_eq!(text(&out), "abcdef");
    }

    #[test]
    fn sequence_numbers_wrap() {
        let mut stream = Stream::default();
        let mut out = Vec::new();
        stream.start(u32::MAX - 2);
        for (sequence, data) in [
            (u32::MAX - 2, "abc"),
            (3, "gh"),
            (0, "def"),
            (u32::MAX, "c"),
        ] {
            stream.segment(
                NOW,
                sequence,
                Bytes::from_static(data.as_bytes()),
                0,
                &mut out,
            );
        }
        assert_eq!(text(&out), "abcdefgh");
    }

    #[test]
    fn a_hole_that_was_acknowledged_is_lost_after_a_while() {
        let (mut stream, mut out) = stream(&[(1000, "abc"), (1005, "fgh")]);
        stream.observe(NOW, Some(1008), &mut out);
        assert_eq!(text(&out), "abc");
        stream.observe(Timestamp(PATIENCE * 2), None, &mut out);
        assert_eq!(text(&out), "abc<2>fgh");
    }

    #[test]
    fn a_hole_that_nobody_acknowledged_is_waited_for() {
        let (mut stream, mut out) = stream(&[(1000, "abc"), (1005, "fgh")]);
        stream.observe(Timestamp(PATIENCE * 9), Some(1003), &mut out);
        assert_eq!(text(&out), "abc");
        stream.end(Piece::Stop, &mut out);
        assert_eq!(text(&out), "abc<2>fgh|");
    }

    #[test]
    fn no_hole_is_waited_for_longer_than_ten_seconds() {
        let (mut stream, mut out) = stream(&[(1000, "abc"), (1005, "fgh")]);
        stream.observe(Timestamp(LONG_PATIENCE), None, &mut out);
        assert_eq!(text(&out), "abc");
        stream.observe(Timestamp(LONG_PATIENCE + PATIENCE), None, &mut out);
        assert_eq!(text(&out), "abc<2>fgh");
    }

    #[test]
    fn each_hole_has_its_own_patience() {
        let (mut stream, mut out) = stream(&[(1000, "abc"), (1005, "fgh")]);
        let mut later = |seconds, sequence, data: &'static str, acknowledged, out: &mut Vec<_>| {
            let time = Timestamp(Duration::from_secs(seconds));
            stream.segment(time, sequence, Bytes::from_static(data.as_bytes()), 0, out);
            stream.observe(time, acknowledged, out);
        };
        later(9, 1010, "klm", None, &mut out);
        later(9, 1003, "de", Some(1013), &mut out);
        assert_eq!(text(&out), "abcdefgh");
        later(9, 1008, "ij", None, &mut out);
        assert_eq!(text(&out), "abcdefghijklm");
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut stream = Stream::default();
        let mut out = Vec::new();
        stream.start(1);
        for index in 0..10_000_u32 {
            let data = Bytes::from(vec![b'x'; 100]);
            stream.segment(NOW, 10 + index * 101, data, 0, &mut out);
            assert!(stream.held_bytes <= MOST_HELD && stream.held.len() <= MOST_SEGMENTS);
        }
        assert!(out.contains(&Piece::Gap(1)));
    }

    #[test]
    fn a_segment_that_the_capture_cut_leaves_a_gap() {
        let mut stream = Stream::default();
        let mut out = Vec::new();
        stream.segment(NOW, 50, Bytes::from_static(b"abc"), 7, &mut out);
        stream.segment(NOW, 60, Bytes::from_static(b"xyz"), 0, &mut out);
        assert_eq!(text(&out), "abc<7>xyz");
    }

    #[test]
    fn what_is_missing_before_the_end_is_lost() {
        let (mut stream, mut out) = stream(&[(1000, "abc"), (1006, "ghi")]);
        stream.finish(1011, &mut out);
        stream.end(Piece::Stop, &mut out);
        assert_eq!(text(&out), "abc<3>ghi<2>$");
    }

    #[test]
    fn the_end_comes_behind_the_last_byte() {
        let (mut stream, mut out) = stream(&[(1000, "abc"), (1006, "ghi")]);
        stream.finish(1009, &mut out);
        assert_eq!(text(&out), "abc");
        stream.segment(NOW, 1003, Bytes::from_static(b"def"), 0, &mut out);
        assert_eq!(text(&out), "abcdefghi$");
        assert!(stream.has_ended());
    }
}
