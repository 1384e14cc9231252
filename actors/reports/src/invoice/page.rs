//! A page under the pen: text and lines in points, measured from the top left corner as people read.

use pdf_writer::{Content, Name, Str};

use super::font::{Font, encode};

/// A4, in points.
pub(super) const WIDTH: f32 = 595.28;
/// A4, in points.
pub(super) const HEIGHT: f32 = 841.89;

/// A colour: red, green and blue between 0 and 1.
pub(super) type Colour = [f32; 3];

/// Text.
pub(super) const INK: Colour = [0.13, 0.15, 0.18];
/// What is said on the side.
pub(super) const GREY: Colour = [0.45, 0.48, 0.52];
/// The hotel's colour.
pub(super) const ACCENT: Colour = [0.11, 0.35, 0.45];
/// Every other row.
pub(super) const SHADE: Colour = [0.955, 0.965, 0.97];
/// Hair lines.
pub(super) const HAIR: Colour = [0.80, 0.83, 0.85];

/// How text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) font: Font,
    pub(super) size: f32,
    pub(super) colour: Colour,
}

/// Name of a font in the page's resources.
pub(super) fn resource(font: Font) -> Name<'static> {
    match font {
        Font::Plain => Name(b"F1"),
        Font::Bold => Name(b"F2"),
    }
}

/// A page under the pen.
pub(super) struct Page {
    content: Content,
}

impl Page {
    pub(super) fn new() -> Self {
        Self {
            content: Content::new(),
        }
    }

    /// Sets text whose baseline begins at `left`, `top`.
    pub(super) fn text(&mut self, style: Style, left: f32, top: f32, text: &str) {
        self.set(style, left, top, &encode(text));
    }

    /// Sets text that ends at `right`.
    pub(super) fn text_to(&mut self, style: Style, right: f32, top: f32, text: &str) {
        let encoded = encode(text);
        self.set(
            style,
            right - style.font.width(&encoded, style.size),
            top,
            &encoded,
        );
    }

    /// Sets text, cut where it would be wider than `room`.
    pub(super) fn text_within(&mut self, style: Style, left: f32, top: f32, room: f32, text: &str) {
        self.set(style, left, top, &style.font.fit(text, style.size, room));
    }

    /// Fills a rectangle.
    pub(super) fn fill(&mut self, colour: Colour, left: f32, top: f32, width: f32, height: f32) {
        let [red, green, blue] = colour;
        self.content.set_fill_rgb(red, green, blue);
        self.content
            .rect(left, HEIGHT - top - height, width, height)
            .fill_nonzero();
    }

    /// The drawing instructions of the page.
    pub(super) fn finish(self) -> Vec<u8> {
        self.content.finish().into_vec()
    }

    fn set(&mut self, style: Style, left: f32, top: f32, encoded: &[u8]) {
        let [red, green, blue] = style.colour;
        self.content
            .begin_text()
            .set_font(resource(style.font), style.size)
            .set_fill_rgb(red, green, blue);
        self.content
            .next_line(left, HEIGHT - top)
            .show(Str(encoded))
            .end_text();
    }
}
