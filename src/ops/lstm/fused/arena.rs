//! Aligned f32 buffers that are kept between calls.
//!
//! A training step of 256 windows x 168 steps saves some 70 MB. Fresh from the system those are
//! 18,000 page faults a step; reused they cost nothing. Buffers come back with old contents.

#![allow(unsafe_code)]

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// One cache line, so that no vector crosses two.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
struct Line([f32; 16]);

/// Buffers waiting for their next use, oldest first.
static POOL: Mutex<Vec<Vec<Line>>> = Mutex::new(Vec::new());

/// More waiting buffers than this and the oldest is given back to the system.
const KEPT: usize = 24;

/// Zeroed lines from the system. On Linux a big buffer asks for huge pages first: walking the page
/// table for 4 KB pages costs the backward pass, which streams through them all, several percent.
fn fresh(lines: usize) -> Vec<Line> {
    let mut new: Vec<Line> = Vec::with_capacity(lines);
    #[cfg(target_os = "linux")]
    if lines >= HUGE {
        // SAFETY: the range is this vector's own allocation, rounded inwards to whole pages; the
        // advice changes no content, and a kernel that refuses it changes nothing.
        unsafe {
            let start = (new.as_mut_ptr() as usize).next_multiple_of(4096);
            let end = (new.as_ptr() as usize + lines * 64) & !4095;
            libc::madvise(start as *mut libc::c_void, end - start, libc::MADV_HUGEPAGE);
        }
    }
    new.resize(lines, Line([0.0; 16]));
    new
}

/// Lines from which a buffer asks for huge pages: 8 MB.
#[cfg(target_os = "linux")]
const HUGE: usize = 8 << 14;

/// An aligned buffer; returns to the pool when dropped.
pub struct Buffer {
    lines: Vec<Line>,
    len: usize,
}

impl Buffer {
    /// `len` values of unspecified (but initialised) content.
    pub fn dirty(len: usize) -> Self {
        let wanted = len.div_ceil(16);
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |b: &Vec<Line>| b.len() >= wanted && b.len() <= 2 * wanted + 64;
        let best = (0..pool.len()).filter(|&i| fits(&pool[i])).min_by_key(|&i| pool[i].len());
        let found = best.map(|i| pool.remove(i));
        drop(pool);
        let lines = found.unwrap_or_else(|| fresh(wanted));
        Self { lines, len }
    }

    /// `len` zeros.
    pub fn zeroed(len: usize) -> Self {
        let mut buffer = Self::dirty(len);
        buffer.fill(0.0);
        buffer
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.len() >= KEPT {
            pool.remove(0);
        }
        pool.push(std::mem::take(&mut self.lines));
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: a `Line` is 16 f32 without padding, and `len` <= 16 * lines.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.len) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as in `deref`, and the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.len) }
    }
}
