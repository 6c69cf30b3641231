//! Draws plots that are readable on a light and on a dark page: no background, grey text, colours
//! of medium brightness.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

pub(crate) const OURS: RGBColor = RGBColor(47, 129, 247);
pub(crate) const PEER: RGBColor = RGBColor(219, 109, 40);
pub(crate) const THIRD: RGBColor = RGBColor(46, 160, 67);
const GREY: RGBColor = RGBColor(125, 133, 144);
const SIZE: (u32, u32) = (820, 420);

/// A line, with its name beside it.
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) color: RGBColor,
    /// Whether its points are open circles instead of filled ones.
    pub(crate) open: bool,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Draws lines on logarithmic axes.
pub(crate) fn draw(file: &Path, title: &str, (x, y): (&str, &str), series: &[Series]) -> Result<()> {
    inner(file, title, (x, y), series).map_err(|problem| anyhow!("{}: {problem}", file.display()))
}

fn inner(file: &Path, title: &str, (x, y): (&str, &str), series: &[Series]) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    let letters = |size: i32| ("sans-serif", size).into_font().color(&GREY);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, letters(18))
        .margin(14)
        .margin_right(28)
        .x_label_area_size(46)
        .y_label_area_size(64)
        .build_cartesian_2d(
            range(series, |it| it.0, 1.0, 1.0).log_scale(),
            range(series, |it| it.1, 12.0, 2.5).log_scale(),
        )?;
    chart
        .configure_mesh()
        .axis_style(GREY)
        .light_line_style(TRANSPARENT)
        .bold_line_style(GREY.mix(0.25))
        .label_style(letters(13))
        .axis_desc_style(letters(14))
        .x_desc(x)
        .y_desc(y)
        .x_label_formatter(&|value| short(*value))
        .y_label_formatter(&|value| short(*value))
        .draw()?;
    for Series { name, color, open, points } in series {
        let color = *color;
        let dot = ShapeStyle { color: color.to_rgba(), filled: !open, stroke_width: 2 };
        let line = ShapeStyle { color: color.mix(if *open { 0.55 } else { 1.0 }), filled: false, stroke_width: 2 };
        chart.draw_series(LineSeries::new(points.iter().copied(), line))?.label(name).legend(move |(x, y)| {
            EmptyElement::at((x, y)) + PathElement::new([(0, 0), (18, 0)], line) + Circle::new((9, 0), 4, dot)
        });
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 4, dot)))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .label_font(letters(14))
        .border_style(TRANSPARENT)
        .margin(8)
        .draw()?;
    area.present()?;
    Ok(())
}

/// The range of an axis: from a little below the lowest value to some way above the highest, which
/// leaves room for the names. It is wide enough for at least one labelled value.
fn range(series: &[Series], of: impl Fn(&(f64, f64)) -> f64, width: f64, room: f64) -> std::ops::Range<f64> {
    let values = || series.iter().flat_map(|series| &series.points).map(&of).filter(|value| *value > 0.0);
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(f64::MIN_POSITIVE, f64::max);
    low.min(high / width) / 1.15..high * 1.15 * room
}

/// A label for one, two and five times each power of ten. More labels would overlap.
fn short(value: f64) -> String {
    let leading = value / 10f64.powf(value.log10().floor());
    match value {
        _ if ![1.0, 2.0, 5.0, 10.0].iter().any(|it| (leading - it).abs() < 1e-6) => String::new(),
        _ if value >= 1e6 => format!("{} M", value / 1e6),
        _ if value >= 1e3 => format!("{} k", value / 1e3),
        _ => format!("{}", (value * 1e3).round() / 1e3),
    }
}
