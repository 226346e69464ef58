//! Few rows of choices in which every two stand together that can.

use crate::choices::{CHOICES, Row, go_together};

/// A choice: which of the lists, and which in it.
pub(crate) type Choice = (usize, usize);

pub(crate) fn all_pairs() -> Vec<(Choice, Choice)> {
    let choices: Vec<Choice> = CHOICES
        .iter()
        .enumerate()
        .flat_map(|(list, choices)| (0..choices.len()).map(move |choice| (list, choice)))
        .collect();
    let with_later = |one: &Choice| {
        let one = *one;
        let later = choices.iter().filter(move |other| other.0 > one.0);
        later.map(move |other| (one, *other)).collect::<Vec<_>>()
    };
    let mut pairs: Vec<(Choice, Choice)> = choices.iter().flat_map(with_later).collect();
    pairs.retain(|(one, other)| go_together(*one, *other));
    pairs
}

/// Each row begins with a pair that is still missing and is filled up with what brings the most of the others.
pub(crate) fn pairs() -> Vec<Row> {
    let mut missing = all_pairs();
    let mut rows = Vec::new();
    while let Some((one, other)) = missing.first().copied() {
        let row = fill(&[one, other], &missing)
            .unwrap_or_else(|| panic!("{one:?} and {other:?} leave no room for the rest"));
        let before = missing.len();
        missing.retain(|(one, other)| row[one.0] != one.1 || row[other.0] != other.1);
        assert!(missing.len() < before);
        rows.push(row);
    }
    rows
}

fn fill(chosen: &[Choice], missing: &[(Choice, Choice)]) -> Option<Row> {
    let Some(list) = (0..CHOICES.len()).find(|list| chosen.iter().all(|(taken, _)| taken != list))
    else {
        let mut row = Row::default();
        for (list, choice) in chosen {
            row[*list] = *choice;
        }
        return Some(row);
    };
    let mut candidates: Vec<usize> = (0..CHOICES[list].len())
        .filter(|choice| {
            chosen
                .iter()
                .all(|other| go_together((list, *choice), *other))
        })
        .collect();
    // Stable, and turned by what is chosen already, so that equal ones take turns.
    let turn: usize = chosen.iter().map(|(list, choice)| list + choice).sum();
    let length = candidates.len();
    if length > 0 {
        candidates.rotate_left(turn % length);
    }
    let brings = |choice: usize| {
        let stands = |of: Choice| of == (list, choice) || chosen.contains(&of);
        missing
            .iter()
            .filter(|(one, other)| stands(*one) && stands(*other))
            .count()
    };
    candidates.sort_by_key(|choice| std::cmp::Reverse(brings(*choice)));
    candidates
        .into_iter()
        .find_map(|choice| fill(&[chosen, &[(list, choice)]].concat(), missing))
}
