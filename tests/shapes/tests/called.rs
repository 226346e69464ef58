//! Every shape is spawned and called.

use std::collections::BTreeSet;

use resilience_shapes::generated::all;

#[tokio::test(start_paused = true)]
async fn every_shape_is_spawned_and_answers() {
    let shapes = all();
    let names: BTreeSet<&str> = shapes.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), shapes.len(), "no shape is there twice");
    assert!(shapes.len() > 300, "{} shapes", shapes.len());
    for (name, call) in shapes {
        if let Err(error) = tokio::spawn(call).await {
            panic!("{name}: {error}");
        }
    }
}
