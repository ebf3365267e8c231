//! Kinds of pictures: lines over an axis, rows of dots, rows of bars.

use crate::svg::{Anchor, Axis, COLOURS, Svg, label};

/// A line, by what it is called.
pub(crate) type Line<'a> = (&'a str, Vec<(f64, f64)>);

/// Lines over numbers, in a part of a drawing.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    pub(crate) lines: Vec<Line<'a>>,
    pub(crate) x_label: &'a str,
    pub(crate) y_label: &'a str,
    pub(crate) x_logarithmic: bool,
    pub(crate) y_logarithmic: bool,
    /// Numbers that the axis of what was measured shows at least.
    pub(crate) y_shows: (f64, f64),
}

impl Lines<'_> {
    /// Draws them in the part with these corners, dots on their points if asked.
    pub(crate) fn draw(&self, svg: &mut Svg, (left, top): (f64, f64), (right, bottom): (f64, f64), dots: bool) {
        let all = || self.lines.iter().flat_map(|(_, points)| points.iter());
        let of = |pick: fn(&(f64, f64)) -> f64, start: (f64, f64)| {
            all().map(pick).fold(start, |(least, most), v| (least.min(v), most.max(v)))
        };
        let (from, to) = of(|p| p.0, (f64::INFINITY, f64::NEG_INFINITY));
        let x = Axis { from, to, places: (left, right), logarithmic: self.x_logarithmic, whole: true };
        let (from, to) = of(|p| p.1, self.y_shows);
        let y = Axis { from, to: to * 1.05, places: (bottom, top), logarithmic: self.y_logarithmic, whole: false };
        for tick in y.ticks() {
            svg.rule((left, y.at(tick)), (right, y.at(tick)));
            svg.text((left - 6.0, y.at(tick) + 4.0), Anchor::End, &label(tick));
        }
        for tick in x.ticks() {
            svg.rule((x.at(tick), bottom), (x.at(tick), bottom + 5.0));
            svg.text((x.at(tick), bottom + 19.0), Anchor::Middle, &label(tick));
        }
        svg.text(((left + right) / 2.0, bottom + 38.0), Anchor::Middle, self.x_label);
        svg.styled((left - 40.0, top - 12.0), Anchor::Start, "font-style=\"italic\"", self.y_label);
        // The first on top, and what lies below it thicker, so that it shows where they are alike.
        for (n, ((_, points), colour)) in self.lines.iter().zip(COLOURS).enumerate().rev() {
            let places: Vec<_> = points.iter().map(|&(a, b)| (x.at(a), y.at(b))).collect();
            svg.line(&places, colour, 2.0 + 1.2 * n as f64);
            if dots {
                places.iter().for_each(|&place| svg.dot(place, colour));
            }
        }
    }
}

/// A row of dots: its name, and for each kind of dot where it lies, with its spread.
pub(crate) type DotRow = (String, Vec<Option<[f64; 3]>>);

/// Ratios in rows, over a logarithmic axis: below 1 is left.
pub(crate) fn ratios(title: &str, kinds: &[&str], rows: &[DotRow], range: (f64, f64), widest: f64) -> Svg {
    const HEIGHT: f64 = 15.0;
    let (left, right, top) = (widest, 770.0, 58.0);
    let bottom = top + HEIGHT * rows.len() as f64;
    let mut svg = Svg::new(790.0, bottom + 46.0, title);
    svg.styled((6.0, 18.0), Anchor::Start, "font-weight=\"bold\"", title);
    let legend: Vec<_> = kinds.iter().copied().zip(COLOURS).collect();
    svg.legend((left, 40.0), &legend);
    let x = Axis { from: range.0, to: range.1, places: (left, right), logarithmic: true, whole: false };
    for tick in x.ticks() {
        svg.rule((x.at(tick), top - 4.0), (x.at(tick), bottom));
        svg.text((x.at(tick), bottom + 16.0), Anchor::Middle, &label(tick));
    }
    let one = (x.at(1.0), x.at(1.0));
    svg.put(&format!(
        "<path d=\"M{:.1} {}L{:.1} {bottom}\" stroke=\"currentColor\" stroke-width=\"1.5\"></path>",
        one.0,
        top - 4.0,
        one.1
    ));
    let below = "time over the other's: left of 1 is faster; a line from the 10 % to the 90 % quantile";
    svg.text((right, bottom + 36.0), Anchor::End, below);
    for (n, (name, dots)) in rows.iter().enumerate() {
        let y = top + HEIGHT * (n as f64 + 0.5);
        svg.styled((left - 8.0, y + 4.0), Anchor::End, "font-size=\"11\"", name);
        for (dot, colour) in dots.iter().zip(COLOURS) {
            let Some(places) = dot else { continue };
            let [low, middle, high] = places.map(|ratio| x.at(ratio.clamp(range.0, range.1)));
            svg.line(&[(low, y), (high, y)], colour, 2.0);
            svg.dot((middle, y), colour);
        }
    }
    svg
}

/// Bars in rows, with their numbers.
pub(crate) fn bars(title: &str, below: &str, rows: &[(&str, f64, bool)]) -> Svg {
    const HEIGHT: f64 = 22.0;
    let (left, right, top) = (300.0, 720.0, 40.0);
    let bottom = top + HEIGHT * rows.len() as f64;
    let mut svg = Svg::new(790.0, bottom + 42.0, title);
    svg.styled((6.0, 18.0), Anchor::Start, "font-weight=\"bold\"", title);
    let most = rows.iter().map(|row| row.1).fold(0.0, f64::max);
    let x = Axis { from: 0.0, to: most, places: (left, right), logarithmic: false, whole: false };
    for tick in x.ticks() {
        svg.rule((x.at(tick), top), (x.at(tick), bottom));
        svg.text((x.at(tick), bottom + 16.0), Anchor::Middle, &label(tick));
    }
    svg.text(((left + right) / 2.0, bottom + 35.0), Anchor::Middle, below);
    for (n, (name, value, ours)) in rows.iter().enumerate() {
        let y = top + HEIGHT * n as f64;
        svg.text((left - 8.0, y + 15.0), Anchor::End, name);
        let colour = COLOURS[if *ours { 0 } else { 5 }];
        svg.rect((left, y + 3.0), (x.at(*value) - left, HEIGHT - 6.0), colour, 1.0);
        svg.text((x.at(*value) + 6.0, y + 15.0), Anchor::Start, &format!("{value:.0}"));
    }
    svg
}
