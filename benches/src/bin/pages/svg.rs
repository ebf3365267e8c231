//! Drawings: lines, marks and words, in colours that are readable on a light and on a dark page. What has no colour of its own has
//! the page's, where the drawing is part of the page, and else one that fits what the reader's system prefers.

use std::fmt::Write;

/// Mid-tones, which stand out from white and from black.
pub(crate) const COLOURS: [&str; 6] = ["#3b82f6", "#d9722e", "#2f9e5b", "#a35ee0", "#d6455d", "#85909c"];

/// Where words stand relative to their place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing.
#[derive(Debug)]
pub(crate) struct Svg {
    size: (f64, f64),
    title: String,
    body: String,
}

/// As short as it can be without a difference to be seen.
pub(crate) fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl Svg {
    pub(crate) fn new(width: f64, height: f64, title: &str) -> Self {
        Svg { size: (width, height), title: title.to_owned(), body: String::new() }
    }

    /// A line of the file.
    pub(crate) fn put(&mut self, element: &str) {
        writeln!(self.body, "{element}").expect("a string grows");
    }

    pub(crate) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        self.styled((x, y), anchor, "", text);
    }

    /// Words with further attributes.
    pub(crate) fn styled(&mut self, (x, y): (f64, f64), anchor: Anchor, attributes: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let space = if attributes.is_empty() { "" } else { " " };
        let (x, y, text) = (px(x), px(y), escaped(text));
        self.put(&format!("<text x=\"{x}\" y=\"{y}\"{anchor}{space}{attributes}>{text}</text>"));
    }

    /// A thin line, faint.
    pub(crate) fn rule(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let d = format!("M{} {}L{} {}", px(x1), px(y1), px(x2), px(y2));
        self.put(&format!("<path d=\"{d}\" stroke=\"currentColor\" stroke-opacity=\".2\" fill=\"none\"></path>"));
    }

    /// A line through points.
    pub(crate) fn line(&mut self, points: &[(f64, f64)], colour: &str, width: f64) {
        let points: Vec<String> = points.iter().map(|(x, y)| format!("{} {}", px(*x), px(*y))).collect();
        let d = format!("M{}", points.join("L"));
        self.put(&format!("<path d=\"{d}\" stroke=\"{colour}\" stroke-width=\"{width}\" fill=\"none\"></path>"));
    }

    pub(crate) fn dot(&mut self, (x, y): (f64, f64), colour: &str) {
        self.put(&format!("<circle cx=\"{}\" cy=\"{}\" r=\"3.5\" fill=\"{colour}\"></circle>", px(x), px(y)));
    }

    pub(crate) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), colour: &str, opacity: f64) {
        let (x, y, width, height) = (px(x), px(y), px(width), px(height));
        self.put(&format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\" fill-opacity=\"{opacity:.2}\"></rect>"
        ));
    }

    /// What the colours mean, in a row.
    pub(crate) fn legend(&mut self, (mut x, y): (f64, f64), entries: &[(&str, &str)]) {
        for (name, colour) in entries {
            self.rect((x, y - 9.0), (12.0, 10.0), colour, 1.0);
            self.text((x + 17.0, y), Anchor::Start, name);
            x += 34.0 + 7.0 * name.chars().count() as f64;
        }
    }

    fn drawn(&self, style: &str) -> String {
        let ((width, height), title) = (self.size, escaped(&self.title));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" style=\"max-width:{}px;width:100%\" \
             role=\"img\" font-family=\"system-ui,sans-serif\" font-size=\"13\" fill=\"currentColor\">\n\
             <title>{title}</title>\n{style}{}</svg>\n",
            px(width),
            px(height),
            px(width),
            self.body
        )
    }

    /// As a part of a page.
    pub(crate) fn inline(&self) -> String {
        self.drawn("")
    }

    /// As a file of its own.
    pub(crate) fn file(&self) -> String {
        let dark = "@media(prefers-color-scheme:dark){:root{color:#e6edf3}}";
        self.drawn(&format!("<style>:root{{color:#1f2328}}{dark}</style>\n"))
    }

    /// As an address that is the file itself.
    pub(crate) fn link(&self) -> String {
        let byte = |byte: u8| {
            if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
        };
        "data:image/svg+xml,".to_owned() + &self.file().bytes().map(byte).collect::<String>()
    }
}

/// From numbers to places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// The place of `from`, and of `to`.
    pub(crate) places: (f64, f64),
    pub(crate) logarithmic: bool,
    /// Only whole numbers are marked.
    pub(crate) whole: bool,
}

impl Axis {
    pub(crate) fn at(&self, value: f64) -> f64 {
        let scale = |value: f64| if self.logarithmic { value.max(1e-12).ln() } else { value };
        let share = (scale(value) - scale(self.from)) / (scale(self.to) - scale(self.from));
        self.places.0 + share * (self.places.1 - self.places.0)
    }

    /// Round numbers, a handful.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        let within = |value: &f64| *value >= self.from * 0.999 && *value <= self.to * 1.001;
        if self.logarithmic {
            let decades = (self.to / self.from).log10();
            let steps = if decades > 2.5 { vec![1.0] } else { vec![1.0, 2.0, 5.0] };
            let powers = self.from.log10().floor() as i32..=self.to.log10().ceil() as i32;
            let of_power = |n: i32| steps.iter().map(|step| step * 10f64.powi(n)).collect::<Vec<_>>();
            return powers.flat_map(of_power).filter(within).collect();
        }
        let rough = (self.to - self.from) / 5.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|s| s * power).into_iter().find(|s| *s >= rough).unwrap_or(rough);
        let step = if self.whole { step.max(1.0) } else { step };
        let first = (self.from / step).ceil() as i64;
        (first..).map(|n| n as f64 * step).take_while(|tick| *tick <= self.to * 1.001).collect()
    }
}

/// A number for an axis.
pub(crate) fn label(value: f64) -> String {
    match value.abs() {
        v if v >= 1e4 => {
            let power = v.log10().floor() as i32;
            let raised = |digit: char| "⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(digit as usize - '0' as usize).unwrap_or(digit);
            let exponent: String = power.to_string().chars().map(raised).collect();
            let mantissa = (value / 10f64.powi(power)).round();
            if mantissa == 1.0 { format!("10{exponent}") } else { format!("{mantissa}·10{exponent}") }
        }
        _ => format!("{}", (value * 1e6).round() / 1e6),
    }
}
