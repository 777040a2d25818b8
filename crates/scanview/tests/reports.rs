//! Pages: well formed, self-contained, and with every name escaped.

use labelset::LabelSet;
use scanview::Metrics;
use scanview::chart::Curve;
use scanview::report::*;
use segeval::{Evaluator, Protocol};

/// A name that would end a script, an attribute and a comment.
const HOSTILE: &str = "</script><b>\"'&-->";

/// An evaluation of three scenes with two classes.
fn evaluation(name: &str, protocol: Protocol, wrong: i32) -> EvaluationReport {
    let name = serde_json::to_string(name).unwrap();
    let labels = format!("name = \"own\"\nclasses = [{{ name = {name} }}, {{ name = \"floor\" }}]");
    let labels = LabelSet::parse(&labels).unwrap();
    let mut evaluator = Evaluator::new(protocol, &labels);
    for scene in [[0, 0, 1, 1], [0, 1, wrong, 1], [0, wrong, wrong, 1]] {
        evaluator.add_scene(&[0, 0, 1, 1], &scene).unwrap();
    }
    let names = [HOSTILE.to_owned(), "scene1".to_owned(), "scene2".to_owned()];
    EvaluationReport {
        split: "val".into(),
        checkpoint: "best",
        epoch: 2,
        data: "d".repeat(64),
        scored: format!("all vertices, {}", name.trim_matches('"')),
        scores: evaluator.finish().unwrap(),
        scenes: evaluator.finish_by_scene(names.iter().map(String::as_str)).ok(),
    }
}

fn run(name: &str, evaluations: Vec<EvaluationReport>) -> RunReport {
    let line = |epoch: u64| {
        format!(
            "{{\"kind\":\"step\",\"epoch\":{epoch},\"step\":{epoch},\"samples\":1,\"loss\":{},\"accuracy\":0.5,\
             \"learning_rate\":0.1}}\n{{\"kind\":\"evaluation\",\"epoch\":{epoch},\"step\":{epoch},\
             \"scores\":{{\"pointcept/point-miou\":0.25,\"pointcept/macro-f1\":null}}}}\n",
            1.0 / epoch as f64
        )
    };
    RunReport {
        name: name.into(),
        experiment: HOSTILE.into(),
        state: "finished, epoch 2 of 2".into(),
        config: format!("name = 'x'\nseed = {}\n# {HOSTILE}\n", name.len()),
        metrics: Metrics::parse(&[line(1), line(2)].concat()),
        evaluations,
        evaluate: format!("scanseg evaluate '{name}'"),
        cost: Cost { parameters: 1_000_000, macs: 2_000_000, points: 8192, measured: None },
        sources: vec![("program", HOSTILE.into()), ("seed", "1".into())],
        commands: vec![format!("scanseg train '{HOSTILE}'")],
        warnings: vec![format!("something is wrong with {HOSTILE}")],
    }
}

/// Checks that every tag is closed in order, that quotes are in pairs, and that nothing is loaded from elsewhere.
fn check(page: &str) {
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">"));
    let (start, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let mut open: Vec<&str> = Vec::new();
    for piece in start.split_once('\n').unwrap().1.split('<').chain(rest.split('<')).filter(|p| p.contains('>')) {
        let (tag, text) = piece.split_once('>').unwrap();
        assert!(!text.contains('>'), "a stray > in {text:?}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.split_whitespace().next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{tag}"),
            None if tag.ends_with('/') || ["meta", "link", "input", "img"].contains(&name) => {}
            None => open.push(name),
        }
        for address in ["src=\"", "href=\""].iter().flat_map(|key| tag.split(key).skip(1)) {
            let own = address.starts_with('#') || address.starts_with("./") || address.starts_with("data:");
            assert!(own, "{tag}");
        }
        assert!(!["script", "iframe", "object", "base", "b"].contains(&name), "{tag}");
        assert!(
            !tag.split_whitespace()
                .any(|word| word.starts_with("style=") || word.starts_with("on") && word.contains('=')),
            "{tag}"
        );
    }
    assert!(open.is_empty(), "{open:?} are not closed");
    assert!(!page.contains(HOSTILE));
}

#[test]
fn a_run_with_two_protocols() {
    let evaluations = vec![evaluation(HOSTILE, Protocol::Pointcept, 0), evaluation(HOSTILE, Protocol::PerSceneMean, 0)];
    let picture = Picture {
        scene: HOSTILE.into(),
        png: vec![137, 80, 78, 71],
        caption: HOSTILE.into(),
        link: Some(format!("view-{HOSTILE}.html")),
        data: None,
    };
    // a scene of the same name in another store is another scene
    let other = Picture { data: Some("another store".into()), ..picture.clone() };
    let runs = [run(HOSTILE, evaluations)];
    assert!(!report_page(&runs, &[other]).contains("iVBORw"));
    let page = report_page(&runs, &[picture]);
    check(&page);
    let name = "&lt;/script&gt;&lt;b&gt;&quot;&#39;&amp;--&gt;";
    for part in [
        "pointcept, val, best checkpoint",
        "per-scene-mean, val, best checkpoint",
        "pointcept/point-miou",
        "In percent, with 95 % intervals of a bootstrap over the scenes.",
        "There are no counts by scene, so there are no intervals.",
        "from best to worst",
        "src=\"data:image/png;base64,iVBORw==\"",
        "href=\"./view-%3C/script%3E%3Cb%3E%22%27%26--%3E.html\"",
        "Time and memory are those of bench.json",
        "Validation scores",
        &format!("<th scope=\"row\">1 {name}</th>"),
        &format!("alt=\"{name}: {name}\""),
        &format!("scanseg train &#39;{name}&#39;"),
    ] {
        assert!(page.contains(part), "{part} is missing in:\n{page}");
    }
    assert!(!page.contains("macro-f1\":"));
}

#[test]
fn runs_are_compared_where_they_can_be() {
    let runs = [
        run("first", vec![evaluation("wall", Protocol::Pointcept, 0)]),
        run("second", vec![evaluation("wall", Protocol::Pointcept, 1)]),
        run("third one", vec![evaluation("window", Protocol::Pointcept, 1)]),
        run("fourth", Vec::new()),
    ];
    let page = report_page(&runs, &[]);
    check(&page);
    for part in [
        "first compared with second, third one, fourth",
        "second − first",
        "third one and first cannot be compared: different things are scored (all vertices, wall, all vertices, window).",
        "fourth has no evaluation in its folder.",
        "scanseg evaluate &#39;fourth&#39;",
        "Keys that differ",
        "Validation: pointcept/point-miou",
        "A first",
        "B second",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert!(!page.contains("third one − first"));
    let charts = report_charts(&runs);
    let names: Vec<&str> = charts.iter().map(|(name, _)| name.as_str()).collect();
    let group = "pointcept-val-best-checkpoint";
    assert_eq!(names[..3], ["loss.svg", "accuracy.svg", "validation-pointcept-point-miou.svg"]);
    for name in ["classes-iou", "classes-accuracy", "classes-iou-2", "classes-accuracy-2"] {
        assert!(names.contains(&format!("{name}-{group}.svg").as_str()), "{name} is not among {names:?}");
    }
    for name in ["first", "second", "third-one"] {
        for kind in ["counts", "rows"] {
            let file = format!("confusion-{name}-{group}-{kind}.svg");
            assert!(names.contains(&file.as_str()), "{file} is not among {names:?}");
        }
    }
    assert_eq!(report_page(&runs, &[]), page);
}

#[test]
fn a_run_before_its_first_epoch() {
    let mut run = run("new", Vec::new());
    run.metrics = Metrics::default();
    let page = report_page(&[run.clone()], &[]);
    check(&page);
    for part in ["No epoch has been trained.", "There is no evaluation.", "has no evaluation in its folder"] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert!(report_charts(&[run]).is_empty());
    check(&report_page(&[], &[]));
}

#[test]
fn a_table() {
    let number = r#"{"value":0.5,"low":0.4,"high":0.6,"spread":0.01,"undefined":0}"#;
    let name = serde_json::to_string(HOSTILE).unwrap();
    let runs = format!(
        r#"[{{"seed":1,"manifest":{{}},"commands":[{name}],"evaluations":[{{"epoch":3,"config":"abc","checkpoint":"def"}}]}}]"#
    );
    let row = |id: &str, gains: &str| {
        format!(
            r#"{{"id":"{id}","title":{name},"parameters":965173,"macs":1244266496,"added_parameters":0,"added_macs":{{}},
            "published":{{"point":81.5,"voxel":null,"added":null}},"gains":{gains},"runs":{runs},
            "numbers":{{"scannet-benchmark/point-miou":null,"pointnet2-v1/point-accuracy":{number}}}}}"#
        )
    };
    let gains = format!(r#"{{"over":"a","gains":{{"pointnet2-v1/point-accuracy":{number}}}}}"#);
    let rows = [row("a", "null"), row("b", &gains)].join(",");
    let json = format!(r#"{{"recipe":{name},"data":"x","rows":[{rows}]}}"#);
    let results: TableResults = serde_json::from_str(&json).unwrap();
    assert_eq!(results.rows[0].configs(), ["abc"]);
    let curve = Curve::new(HOSTILE, [&run("a", Vec::new()).metrics]);
    let page = table_page(&results, &[curve], None);
    check(&page);
    for part in [
        "50.00 ± 1.00 [40.00, 60.00]",
        "+50.00 ± 1.00 [+40.00, +60.00]",
        "0.97M",
        "1244M",
        "81.5",
        "point accuracy (overall), pointnet2-v1",
        "Training loss",
        "Nothing was measured.",
    ] {
        assert!(page.contains(part), "{part} is missing in:\n{page}");
    }
    check(&table_page(&results, &[], None));
}

#[cfg(feature = "rerun")]
#[test]
fn a_recording() {
    let runs = [run(HOSTILE, vec![evaluation("wall", Protocol::Pointcept, 1)]), run("second", Vec::new())];
    let recording = scanview::recording::recording(&runs).unwrap();
    assert!(recording.starts_with(b"RRF2") && recording.len() > 1000, "{} bytes", recording.len());
    // stays there, to be opened with rerun
    std::fs::write(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("runs.rrd"), recording).unwrap();
}
