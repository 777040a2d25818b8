//! Every model, built many times.

use super::{bath, beds, kitchen, seats, small, storage, tables, wallside};
use crate::dice::Dice;
use crate::edition::Edition;
use crate::names::RAW_NAMES;
use crate::scene::Model;

/// Whether a model stands on the floor or a top (its lowest point is near z = 0) or hangs.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Place {
    Stands,
    Hangs,
}

pub(super) type Entry = (&'static str, Place, fn(&mut Dice) -> Model);

/// All public models; those with arguments with usual ones.
pub(super) fn all() -> Vec<Entry> {
    use Place::{Hangs, Stands};
    vec![
        ("chair", Stands, seats::chair),
        ("stacked chairs", Stands, seats::stacked_chairs),
        ("seat row", Stands, seats::seat_row),
        ("tablet chair", Stands, seats::tablet_chair),
        ("office chair", Stands, seats::office_chair),
        ("armchair", Stands, seats::armchair),
        ("sofa", Stands, seats::sofa),
        ("stool", Stands, seats::stool),
        ("bar stool", Stands, seats::bar_stool),
        ("bench", Stands, seats::bench),
        ("beanbag", Stands, seats::beanbag),
        ("ottoman", Stands, seats::ottoman),
        ("dining table", Stands, tables::dining_table),
        ("meeting table", Stands, tables::meeting_table),
        ("folding table", Stands, tables::folding_table),
        ("coffee table", Stands, tables::coffee_table),
        ("end table", Stands, tables::end_table),
        ("console table", Stands, tables::console_table),
        ("desk", Stands, tables::desk),
        ("school desk", Stands, tables::school_desk),
        ("bed", Stands, |d| beds::bed(d, 2.0)),
        ("nightstand", Stands, beds::nightstand),
        ("dresser", Stands, beds::dresser),
        ("low cabinet", Stands, |d| storage::cabinet(d, false)),
        ("tall cabinet", Stands, |d| storage::cabinet(d, true)),
        ("built-in cabinet", Stands, |d| {
            let (w, h) = (d.between(1.0, 4.0), d.between(2.1, 2.6));
            storage::built_in_cabinet(d, w, h)
        }),
        ("corner cabinet", Stands, storage::corner_cabinet),
        ("file cabinet", Stands, storage::file_cabinet),
        ("lockers", Stands, storage::lockers),
        ("bookshelf", Stands, storage::bookshelf),
        ("shelving", Stands, storage::shelving),
        ("refrigerator", Stands, |d| storage::refrigerator(d, false)),
        ("small refrigerator", Stands, |d| storage::refrigerator(d, true)),
        ("counter", Stands, |d| {
            let (w, sink) = (d.between(0.6, 4.0), d.chance(0.5));
            kitchen::counter(d, w, sink, "kitchen counter", "kitchen cabinet")
        }),
        ("vanity", Stands, |d| {
            let w = d.between(0.6, 1.6);
            kitchen::counter(d, w, true, "bathroom counter", "bathroom vanity")
        }),
        ("island", Stands, kitchen::island),
        ("reception counter", Stands, kitchen::reception_counter),
        ("stove", Stands, kitchen::stove),
        ("range hood", Hangs, kitchen::range_hood),
        ("vending machine", Stands, kitchen::vending_machine),
        ("microwave", Stands, kitchen::microwave),
        ("appliance", Stands, kitchen::appliance),
        ("dishes", Stands, kitchen::dishes),
        ("wall cabinet", Hangs, |d| {
            let w = d.between(0.4, 3.0);
            kitchen::wall_cabinet(d, w)
        }),
        ("hung cabinet", Hangs, kitchen::hung_cabinet),
        ("toilet", Hangs, bath::toilet),
        ("pedestal sink", Hangs, bath::pedestal_sink),
        ("bathtub", Stands, bath::bathtub),
        ("shower curtain", Hangs, |d| bath::shower_curtain(d, 1.6)),
        ("shower stall", Stands, bath::shower_stall),
        ("towel", Hangs, bath::towel),
        ("wide curtain", Hangs, |d| wallside::curtain(d, 2.2, 2.3)),
        ("narrow curtain", Hangs, |d| wallside::curtain(d, 0.5, 1.5)),
        ("blinds", Hangs, |d| wallside::blinds(d, 1.4, 1.3)),
        ("picture", Hangs, wallside::picture),
        ("whiteboard", Hangs, wallside::whiteboard),
        ("bulletin board", Hangs, wallside::bulletin_board),
        ("mirror", Hangs, wallside::mirror),
        ("television", Stands, wallside::television),
        ("wall tv", Hangs, wallside::wall_tv),
        ("projector screen", Hangs, wallside::projector_screen),
        ("fireplace", Stands, wallside::fireplace),
        ("divider", Stands, wallside::divider),
        ("wall clock", Hangs, wallside::wall_clock),
        ("radiator", Hangs, wallside::radiator),
        ("coat hooks", Hangs, wallside::coat_hooks),
        ("air conditioner", Hangs, wallside::air_conditioner),
        ("upright pipes", Stands, |d| wallside::pipes(d, 2.5, true)),
        ("level pipes", Hangs, |d| wallside::pipes(d, 3.0, false)),
        ("wall shelf", Hangs, wallside::wall_shelf),
        ("trash can", Stands, small::trash_can),
        ("laundry basket", Stands, small::laundry_basket),
        ("ironing board", Stands, small::ironing_board),
        ("drying rack", Stands, small::drying_rack),
        ("vacuum cleaner", Stands, small::vacuum_cleaner),
        ("fan", Stands, small::fan),
        ("ladder", Stands, small::ladder),
        ("floor lamp", Stands, small::floor_lamp),
        ("ceiling lamp", Hangs, small::ceiling_lamp),
        ("table lamp", Stands, small::table_lamp),
        ("desk lamp", Stands, small::desk_lamp),
        ("piano", Stands, small::piano),
        ("exercise machine", Stands, small::exercise_machine),
        ("clothes rack", Stands, small::clothes_rack),
        ("coat stand", Stands, small::coat_stand),
        ("cart", Stands, small::cart),
        ("bicycle", Stands, small::bicycle),
        ("guitar", Stands, small::guitar),
        ("toys", Stands, small::toys),
        ("exercise ball", Stands, small::exercise_ball),
        ("copier", Stands, |d| small::printer(d, true)),
        ("printer", Stands, |d| small::printer(d, false)),
        ("water cooler", Stands, small::water_cooler),
        ("washing machine", Stands, small::washing_machine),
        ("dryer", Stands, small::dryer),
        ("podium", Stands, small::podium),
        ("display case", Stands, small::display_case),
        ("computer tower", Stands, small::computer_tower),
        ("monitor", Stands, small::monitor),
        ("keyboard", Stands, small::keyboard),
        ("shoe rack", Stands, small::shoe_rack),
        ("shoes", Stands, small::shoes),
        ("suitcase", Stands, small::suitcase),
        ("backpack", Stands, small::backpack),
        ("bag", Stands, |d| small::heap("bag", d)),
        ("clothes", Stands, |d| small::heap("clothes", d)),
        ("box", Stands, small::cardboard_box),
        ("cables", Stands, small::cables),
        ("papers", Stands, small::paper_stack),
        ("books", Stands, small::book_stack),
        ("bottles", Stands, small::bottles),
        ("odds and ends", Stands, small::odds_and_ends),
        ("tall plant", Stands, |d| small::plant(d, true)),
        ("small plant", Stands, |d| small::plant(d, false)),
        ("rug", Stands, |d| small::rug(d, 1.4, 1.0)),
        ("pillow", Hangs, |d| {
            let half = [d.between(0.2, 0.35), 0.2, 0.08];
            small::pillow(d, half)
        }),
    ]
}

/// Builds every model 60 times, and 20 times for the second edition, and checks its own triangles and those of its parts.
#[test]
fn models_are_whole_and_within_their_boxes() {
    let mut faults: Vec<String> = Vec::new();
    for (i, (what, place, build)) in all().into_iter().enumerate() {
        for k in 0..80 {
            let edition = if k < 60 { Edition::First } else { Edition::Second };
            let model = build(&mut Dice::new(7, 1000 * i as u64 + k).of(edition));
            let mut fault = |text: String| {
                if faults.iter().filter(|f| f.starts_with(what)).count() < 3 {
                    faults.push(format!("{what} {k}: {text}"));
                }
            };
            let [w, depth, h] = model.size;
            if !(0.01..4.5).contains(&w) || !(0.004..3.0).contains(&depth) || !(0.004..2.7).contains(&h) {
                fault(format!("size {:?}", model.size));
            }
            if model.top.is_some_and(|top| top > h + 0.01 || top < 0.15) {
                fault(format!("top {:?} of {h}", model.top));
            }
            for (part, pose) in model.all() {
                if part.corners().next().is_none() {
                    fault(format!("{:?} has no triangle", part.name));
                }
                if part.name.is_some_and(|name| RAW_NAMES.iter().all(|(raw, _)| *raw != name)) {
                    fault(format!("{:?} is no known name", part.name));
                }
                let own = std::ptr::eq(part, &model);
                let margin = if own { 0.001 } else { 0.25 };
                for p in part.corners().map(|p| pose.apply(p)) {
                    let out = (p[0].abs() - w / 2.0).max(p[1].abs() - depth / 2.0);
                    let deep = if place == Place::Stands { 0.05 } else { 0.25 };
                    if !p.iter().all(|v| v.is_finite()) || out > margin || p[2] < -deep || own && p[2] > h + 0.001 {
                        fault(format!("{:?}: {p:?} is outside {:?}", part.name, model.size));
                        break;
                    }
                }
            }
            let lowest = model.bounds().0[2];
            if place == Place::Stands && lowest > 0.055 && what != "counter" && what != "vanity" && what != "island" {
                fault(format!("floats at {lowest}"));
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

/// No model is the same twice: its size and its number of triangles vary.
#[test]
fn models_vary() {
    for (what, _, build) in all() {
        let draw = |k| build(&mut Dice::new(8, k));
        let first = draw(0);
        let differs = |k| (0..3).any(|a| (draw(k).size[a] - first.size[a]).abs() > 0.002);
        assert!((1..12).any(differs), "{what} always has the size {:?}", first.size);
    }
}
