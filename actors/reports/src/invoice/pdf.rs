//! The invoice as a PDF file. The same sheet gives the same bytes: there is no clock and no random id in it.

use pdf_writer::{Finish, Pdf, Rect, Ref, TextStr};

use super::font::Font;
use super::page::{ACCENT, GREY, HAIR, HEIGHT, INK, Page, SHADE, Style, WIDTH, resource};
use super::sheet::{Line, Sheet};

const LEFT: f32 = 56.0;
const RIGHT: f32 = WIDTH - 56.0;
const ROW: f32 = 19.0;
/// Rows end here; the foot of the page follows.
const BOTTOM: f32 = HEIGHT - 90.0;
/// Where the rows of a further page begin.
const NEXT_TOP: f32 = 96.0;

const NAME: Style = Style {
    font: Font::Bold,
    size: 24.0,
    colour: ACCENT,
};
const TITLE: Style = Style {
    font: Font::Plain,
    size: 24.0,
    colour: GREY,
};
const BODY: Style = Style {
    font: Font::Plain,
    size: 10.0,
    colour: INK,
};
const STRONG: Style = Style {
    font: Font::Bold,
    size: 10.0,
    colour: INK,
};
const LARGE: Style = Style {
    font: Font::Bold,
    size: 12.5,
    colour: ACCENT,
};
const ASIDE: Style = Style {
    font: Font::Plain,
    size: 8.5,
    colour: GREY,
};
const HEAD: Style = Style {
    font: Font::Bold,
    size: 9.0,
    colour: [1.0, 1.0, 1.0],
};

/// Draws an invoice on as many A4 pages as it needs, and writes it as a PDF file.
#[must_use]
pub fn pdf(sheet: &Sheet) -> Vec<u8> {
    let mut pages = vec![Page::new()];
    let top = draw_head(&mut pages[0], sheet);
    let top = draw_lines(&mut pages, sheet, top);
    draw_totals(&mut pages, sheet, top);
    let num_pages = pages.len();
    let feet = pages.iter_mut().enumerate();
    feet.for_each(|(index, page)| draw_foot(page, sheet, index + 1, num_pages));
    file(sheet, pages)
}

fn draw_head(page: &mut Page, sheet: &Sheet) -> f32 {
    page.fill(ACCENT, 0.0, 0.0, WIDTH, 8.0);
    page.text_within(NAME, LEFT, 72.0, 340.0, &sheet.hotel);
    page.text_to(TITLE, RIGHT, 72.0, "Invoice");
    let mut top = 90.0;
    for line in sheet.address.iter().take(4) {
        page.text_within(ASIDE, LEFT, top, 340.0, line);
        top += 12.0;
    }
    page.text(ASIDE, LEFT, 164.0, "BILLED TO");
    page.text_within(STRONG, LEFT, 181.0, 230.0, &sheet.guest[0]);
    page.text_within(BODY, LEFT, 196.0, 230.0, &sheet.guest[1]);
    let mut top = 164.0;
    for (label, value) in &sheet.facts {
        page.text(ASIDE, 330.0, top, label);
        page.text_to(BODY, RIGHT, top, value);
        top += 15.0;
    }
    top + 24.0
}

fn draw_lines(pages: &mut Vec<Page>, sheet: &Sheet, top: f32) -> f32 {
    let mut top = draw_column_heads(current(pages), top);
    for (index, line) in sheet.lines.iter().enumerate() {
        if top + ROW > BOTTOM {
            pages.push(next_page(sheet));
            top = draw_column_heads(current(pages), NEXT_TOP);
        }
        draw_line(current(pages), line, index, top);
        top += ROW;
    }
    top
}

fn draw_column_heads(page: &mut Page, top: f32) -> f32 {
    page.fill(ACCENT, LEFT, top, RIGHT - LEFT, ROW + 2.0);
    page.text(HEAD, LEFT + 8.0, top + 14.0, "Night");
    page.text(HEAD, LEFT + 96.0, top + 14.0, "Description");
    page.text_to(HEAD, RIGHT - 8.0, top + 14.0, "Amount");
    top + ROW + 2.0
}

fn draw_line(page: &mut Page, line: &Line, index: usize, top: f32) {
    if index % 2 == 1 {
        page.fill(SHADE, LEFT, top, RIGHT - LEFT, ROW);
    }
    page.text(BODY, LEFT + 8.0, top + 13.0, &line.day);
    page.text_within(BODY, LEFT + 96.0, top + 13.0, 260.0, &line.text);
    page.text_to(BODY, RIGHT - 8.0, top + 13.0, &line.amount.to_string());
}

fn draw_totals(pages: &mut Vec<Page>, sheet: &Sheet, top: f32) {
    let height = ROW * (sheet.totals.len() + 3) as f32;
    let mut top = if top + height > BOTTOM {
        pages.push(next_page(sheet));
        NEXT_TOP
    } else {
        top
    };
    let page = current(pages);
    page.fill(HAIR, LEFT, top, RIGHT - LEFT, 0.7);
    top += 8.0;
    let last = sheet.totals.len() - 1;
    for (index, (label, amount)) in sheet.totals.iter().enumerate() {
        let style = match index {
            0 => STRONG,
            index if index == last => LARGE,
            _ => BODY,
        };
        if index == last {
            page.fill(ACCENT, 330.0, top + 2.0, RIGHT - 330.0, 1.0);
            top += 6.0;
        }
        page.text(style, 330.0, top + 13.0, label);
        page.text_to(style, RIGHT - 8.0, top + 13.0, &amount.to_string());
        top += ROW;
    }
    page.text_within(BODY, LEFT, top + 30.0, RIGHT - LEFT, &sheet.closing);
}

fn draw_foot(page: &mut Page, sheet: &Sheet, number: usize, num_pages: usize) {
    page.fill(HAIR, LEFT, HEIGHT - 62.0, RIGHT - LEFT, 0.7);
    let left = format!("{} · {}", sheet.hotel, sheet.number);
    page.text_within(ASIDE, LEFT, HEIGHT - 46.0, 380.0, &left);
    page.text_to(
        ASIDE,
        RIGHT,
        HEIGHT - 46.0,
        &format!("Page {number} of {num_pages}"),
    );
}

fn next_page(sheet: &Sheet) -> Page {
    let mut page = Page::new();
    page.fill(ACCENT, 0.0, 0.0, WIDTH, 8.0);
    page.text_within(STRONG, LEFT, 62.0, 300.0, &sheet.hotel);
    page.text_to(BODY, RIGHT, 62.0, &sheet.number);
    page
}

fn current(pages: &mut [Page]) -> &mut Page {
    pages.last_mut().expect("an invoice begins with a page")
}

/// Objects 1 to 4 are catalog, page tree and fonts; each page then has two: itself and its content.
fn file(sheet: &Sheet, pages: Vec<Page>) -> Vec<u8> {
    let (catalog, tree) = (Ref::new(1), Ref::new(2));
    let (plain, bold, info) = (Ref::new(3), Ref::new(4), Ref::new(5));
    let page_ref = |index: usize| Ref::new(6 + 2 * i32::try_from(index).unwrap_or(i32::MAX / 4));
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree);
    let kids = (0..pages.len()).map(page_ref);
    pdf.pages(tree)
        .count(i32::try_from(pages.len()).unwrap_or(i32::MAX))
        .kids(kids);
    for (id, name) in [(plain, b"Helvetica".as_slice()), (bold, b"Helvetica-Bold")] {
        let mut font = pdf.type1_font(id);
        font.base_font(pdf_writer::Name(name))
            .encoding_predefined(pdf_writer::Name(b"WinAnsiEncoding"));
    }
    let title = format!("Invoice {}", sheet.number);
    pdf.document_info(info)
        .title(TextStr(&title))
        .author(TextStr(&sheet.hotel));
    for (index, page) in pages.into_iter().enumerate() {
        let (id, content) = (page_ref(index), page_ref(index).next());
        let mut object = pdf.page(id);
        object
            .media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT))
            .parent(tree)
            .contents(content);
        object
            .resources()
            .fonts()
            .pair(resource(Font::Plain), plain)
            .pair(resource(Font::Bold), bold);
        object.finish();
        pdf.stream(content, &page.finish());
    }
    pdf.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::bill;

    fn render(nights: u32) -> Vec<u8> {
        let address = ["Rua Augusta 1".to_owned(), "1100-048 Lisboa".to_owned()];
        pdf(&Sheet::new(&bill(nights), &address, 6))
    }

    fn num_pages(file: &[u8]) -> usize {
        file.windows(b"/Type /Page\n".len())
            .filter(|bytes| bytes == b"/Type /Page\n")
            .count()
    }

    /// Whether text is set, in either way of writing a string: as it is, or as hexadecimal digits.
    fn shows(file: &[u8], text: &[u8]) -> bool {
        let digits: String = text.iter().map(|byte| format!("{byte:02X}")).collect();
        contains(file, text) || contains(file, digits.as_bytes())
    }

    fn contains(file: &[u8], text: &[u8]) -> bool {
        file.windows(text.len()).any(|bytes| bytes == text)
    }

    #[test]
    fn an_invoice_is_a_pdf_file_that_says_who_pays_what() {
        let file = render(3);
        assert!(file.starts_with(b"%PDF-1.") && contains(&file, b"%%EOF"));
        for text in [
            b"City Hotel".as_slice(),
            b"Jo\xe3o da Silva",
            b"\x80285.00",
            b"Page 1 of 1",
        ] {
            assert!(shows(&file, text), "{}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn the_same_bill_gives_the_same_bytes() {
        assert_eq!(render(5), render(5));
    }

    #[test]
    fn a_long_stay_goes_on_over_further_pages() {
        assert_eq!(num_pages(&render(1)), 1);
        let (month, year) = (render(56), render(366));
        assert_eq!(num_pages(&month), 3);
        assert!(num_pages(&year) > 10 && contains(&year, b"2017-02-27"));
    }
}
