//! The three versions that are measured, one for each width of tag and length.
//!
//! Code written by hand knows the version it is written for, so each is a type and what differs is
//! decided when the bench is compiled; the crate decides by a [`Version`] it is given.

use bytes::{BufMut, BytesMut};
use cti_proto::Version;

/// What a version written by hand differs in.
pub trait Layout {
    /// The version.
    const VERSION: Version;
    /// Bytes of tag and length.
    const HEADER_LEN: usize;
    /// Whether it is of the UCCE dialect, here version 24.
    const UCCE: bool;

    /// Tag and length at the front of `input`.
    fn header(input: &[u8]) -> Option<(u16, usize)>;

    /// Appends tag and length; `None` if the length does not fit.
    fn put_header(out: &mut BytesMut, tag: u16, len: usize) -> Option<()>;
}

/// UCCX 17: tag and length of 1 byte.
#[derive(Debug)]
pub struct Narrow;

/// UCCX 18: tag of 2 bytes, length of 1.
#[derive(Debug)]
pub struct WideTag;

/// UCCE 24: tag and length of 2 bytes.
#[derive(Debug)]
pub struct Wide;

impl Layout for Narrow {
    const VERSION: Version = Version::uccx(17);
    const HEADER_LEN: usize = 2;
    const UCCE: bool = false;

    #[inline]
    fn header(input: &[u8]) -> Option<(u16, usize)> {
        let [tag, len] = *input.first_chunk()?;
        Some((u16::from(tag), usize::from(len)))
    }

    #[inline]
    fn put_header(out: &mut BytesMut, tag: u16, len: usize) -> Option<()> {
        out.put_slice(&[u8::try_from(tag).ok()?, u8::try_from(len).ok()?]);
        Some(())
    }
}

impl Layout for WideTag {
    const VERSION: Version = Version::uccx(18);
    const HEADER_LEN: usize = 3;
    const UCCE: bool = false;

    #[inline]
    fn header(input: &[u8]) -> Option<(u16, usize)> {
        let [high, low, len] = *input.first_chunk()?;
        Some((u16::from_be_bytes([high, low]), usize::from(len)))
    }

    #[inline]
    fn put_header(out: &mut BytesMut, tag: u16, len: usize) -> Option<()> {
        let [high, low] = tag.to_be_bytes();
        out.put_slice(&[high, low, u8::try_from(len).ok()?]);
        Some(())
    }
}

impl Layout for Wide {
    const VERSION: Version = Version::ucce(24);
    const HEADER_LEN: usize = 4;
    const UCCE: bool = true;

    #[inline]
    fn header(input: &[u8]) -> Option<(u16, usize)> {
        let [a, b, c, d] = *input.first_chunk()?;
        let len = u16::from_be_bytes([c, d]);
        Some((u16::from_be_bytes([a, b]), usize::from(len)))
    }

    #[inline]
    fn put_header(out: &mut BytesMut, tag: u16, len: usize) -> Option<()> {
        let [a, b] = tag.to_be_bytes();
        let [c, d] = u16::try_from(len).ok()?.to_be_bytes();
        out.put_slice(&[a, b, c, d]);
        Some(())
    }
}
