//! Signs of Central European text in what else reads as Western (Windows-1252): both are letters of one
//! byte each, and `Plzeň` in the one is `Plzeò` in the other.

use encoding_rs::WINDOWS_1252;

/// Where the first letter stands that no Western language writes there: in bytes, none where the text is Western.
pub fn odd_letter(bytes: &[u8]) -> Option<usize> {
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(bytes);
    let text: Vec<char> = text.chars().collect();
    // One character a byte, or the places would not be those of the bytes.
    if text.len() != bytes.len() {
        return None;
    }
    let nordic = text.iter().any(|c| "ðæöäåÐÆÖÄÅ".contains(*c));
    // The letters that stand at one byte in Windows-1250 too, and are hardly ever written beside those that do not.
    let caron = text.iter().any(|c| "šžŠŽ".contains(*c));
    (0..text.len()).find(|at| {
        let before = at.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(' ');
        let after = text.get(at + 1).copied().unwrap_or(' ');
        let (inside, vowel) = (after.is_alphabetic(), |c: char| "aeiouyáéíóúýAEIOUYÁÉÍÓÚÝ".contains(c));
        match text.get(*at).copied().unwrap_or(' ') {
            // Italian and French have them at a word's end, Catalan ò within.
            'ì' | 'Ì' | 'ù' | 'Ù' => inside || caron,
            'ò' | 'Ò' => "aeAE".contains(before) || caron,
            // č before a vowel.
            'è' | 'È' => vowel(after) || caron,
            // ő; Portuguese has it in -ões alone.
            'õ' | 'Õ' => !"eE".contains(after),
            // ă; Portuguese has it in -ã, -ão, -ães and -ãs.
            'ã' | 'Ã' => inside && !"oesOES".contains(after),
            // ř; the Nordic languages have no caron.
            'ø' | 'Ø' | 'ï' | 'Ï' => caron,
            // ţ; Icelandic has other letters beside it.
            'þ' | 'Þ' => !nordic,
            // ş within a word.
            'º' | 'ª' => inside && before.is_alphabetic(),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::WINDOWS_1250;

    #[test]
    fn central_european_words_are_told_from_western_ones() {
        for text in [
            "Město",
            "Jičín",
            "Plzeň",
            "Čakovec",
            "Győr",
            "Brăila",
            "Braşov",
            "Constanţa",
            "Šumperk;Kůzle",
            "Úžice;Trič",
        ] {
            let bytes = WINDOWS_1250.encode(text).0;
            assert!(odd_letter(&bytes).is_some(), "{text}");
        }
        for text in [
            "Genève, Sète, Besançon, Nîmes, août, où, naïf, crème, Liège",
            "Città, Forlì, Cantù, perché, caffè, Salò",
            "São Paulo, Estações, Maranhão, Irmãs, Ribeirão",
            "Málaga, Año, Cádiz, Ñuble, 1º, 2ª planta, Logroño",
            "Göteborg, Åre, Tromsø, Ærø, Þingvellir, Ísafjörður",
            "Köln, Größe, Straße",
            "Barcelonès, Castellò, València",
            "25 °C, 3 m³",
        ] {
            let bytes = WINDOWS_1252.encode(text).0;
            let odd = odd_letter(&bytes).map(|at| text.chars().skip(at).take(3).collect::<String>());
            assert_eq!(odd, None, "{text}");
        }
    }
}
