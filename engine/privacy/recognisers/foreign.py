# ruff: noqa: RUF001, SIM905 (lists of words are easier to read and to add to as text)
"""Everyday words of German, French, Spanish, Italian, Portuguese and Dutch, which English models take for names.

The pipeline reads English only: of a German sentence it reports every noun. Two sources: the stop words that spaCy
ships for these languages (MIT), read as files, since importing the languages takes seconds; and the short list below,
written down from general knowledge.
"""

from __future__ import annotations

import functools
import importlib.util
import re
from pathlib import Path

from engine.privacy.recognisers.known import listed_names
from engine.privacy.recognisers.words import is_common, is_dictionary_word, names_that_are_words

_LANGUAGES = ("de", "fr", "es", "it", "pt", "nl")
_MORE = """
montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar märz mai juni juli dezember heute gestern
morgen abend nacht woche wochenende jahr uhr stunde zeit bahnhof zug haus wohnung zimmer straße stadt arbeit schule
kaffee bier wein wasser brot mehl salz zucker essen rezept bild bilder foto fotos nummer telefon handy nachricht
geld schatz süße süßer liebling baby mutter vater bruder schwester freund freundin kinder mann frau leute danke
bitte hallo tschüss gern gerne ja nein okay klar genau vielleicht leider endlich sofort gleich wieder immer nie
schon noch bald spät früh schön toll super lieb liebe lieber gruß grüße gruss viele wohne heiße heisse schreib
schreibe komme kommst kommt gehe gehst geht machst mache sehen sehe siehst weiß weißt brauche braucht möchte kannst
willst hast habe hab bist treffen kaufen schicke schick lust glaube denke finde fährt fahre wetter regen sonne auto
lundi mardi mercredi jeudi vendredi samedi dimanche janvier février mars avril juin juillet août septembre octobre
novembre décembre aujourd'hui hier demain matin midi soir soirée nuit semaine mois année heure heures temps gare
train maison appartement chambre rue ville travail école café bière vin eau pain farine sel sucre manger recette
photo photos numéro téléphone message argent chéri chérie bisous bisou mère père frère soeur sœur ami amie copain
copine enfants homme femme gens merci coucou bonjour bonsoir salut oui non peut veux peux fait fais vais vas viens
vient aime aimes habite appelle appelez envoie retrouve retrouver prends parapluie suis es sommes virement compte
rendez-vous voiture pluie soleil belle beau mignon cadeau toujours jamais déjà encore bientôt tard tôt trop très
lunes martes miércoles jueves viernes sábado domingo enero febrero marzo abril mayo junio julio agosto septiembre
octubre noviembre diciembre hoy ayer mañana tarde noche semana mes año hora horas tiempo estación tren casa piso
habitación calle ciudad trabajo escuela cerveza vino agua pan harina sal azúcar comida receta número teléfono móvil
mensaje dinero cariño guapo guapa amor madre padre hermano hermana amigo amiga novio novia niños hombre mujer gente
gracias hola adiós vale sí quiero quieres puedo puedes tengo tienes hace hago voy vamos viene trae traes empieza
partido vivo vives llama llamo escribe escríbeme manda mándame digas contraseña siempre nunca pronto lluvia sol
coche bonito bonita preciosa regalo beso besos lunedì martedì mercoledì giovedì venerdì sabato domenica gennaio
febbraio aprile maggio giugno luglio settembre ottobre dicembre oggi ieri domani mattina pomeriggio sera notte
settimana mese anno ora ore tempo stazione treno appartamento stanza via città lavoro scuola caffè birra acqua pane
farina sale zucchero mangiare ricetta numero telefono cellulare messaggio soldi tesoro bello bella bellissima amore
fratello sorella amico amica ragazzo ragazza bambini uomo donna grazie ciao prego sono sei voglio vuoi posso puoi
faccio fai vado vai vieni scrivimi chiamami abito abiti citofono ritardo sempre presto tardi pioggia sole macchina
bacio baci codice fiscale tassa partita vediamo vedi vede vedo sentiamo sento senti dici dico andiamo ragazzi poi
ancora piove bene male meglio restare segunda terça quarta quinta sexta feira janeiro fevereiro março maio junho
julho setembro outubro novembro dezembro hoje ontem amanhã manhã noite mês ano estação trem comboio apartamento apto
quarto rua cidade trabalho escola cerveja vinho água pão farinha açúcar receita telefone celular zap mensagem
dinheiro querido querida lindo linda mãe pai irmão irmã namorado namorada crianças homem mulher obrigado obrigada oi
olá tchau sim quero queres quer pode tenho tem faço faz vou vem leva leve gelo festa começa moro mora chama mande
cedo chuva carro presente beijo beijos completo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag januari
februari maart april mei augustus september oktober november december vandaag gisteren ochtend middag avond week
maand jaar uur tijd station trein huis kamer straat stad werk school koffie wijn water brood meel zout suiker eten
recept foto's telefoon mobiel bericht schat schatje lieverd moeder vader broer zus vriend vriendin kinderen man
vrouw mensen bedankt hoi doei nee graag wil wilt kun kan heb hebt heeft ga gaat kom komt rijdt woon woont bel stuur
altijd nooit gauw laat zon mooi mooie lief leuk groetjes kus kusjes niet geen wel minuten stunden bahn verspätung
züge née né nés nacida nacido nata nato nascida nascido guten gute guter herr lautet ihnen gibt geboren paket liegt
liegen steht ihr ihre ihren fische widder stier zwilling krebs löwe jungfrau waage skorpion schütze steinbock termin
halb eins zwei drei vier fünf sechs sieben acht neun zehn deux trois quatre cinq huit neuf dix dos tres cuatro cinco
seis siete ocho nueve diez due tre quattro cinque sette otto nove dieci dois três sete oito dez fala diga olha dile
dime oye scrivi lit reste froid chaud weet even
""".split()
_SHORT_NAMES = frozenset("mia ben eri lei mei tan ali wen han sol sole ana uwe uma che mann belle".split())
_SMALL = frozenset(
    """el la de te un le les des et est con il das ich het een ik mit auf una os um eu soy ce mon ton nous pas amigo
    amiga ist casa para va voy mi tu su si se sono ho em na ne je au aux zu als oder aber sind voor nog""".split()
)
"""Words that a large English dictionary has too, in some sense that nobody uses."""
_WORDS = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_ACCENTED = re.compile(r"(?<![\w@#])[a-z]*[äöüßéèêëàâçîïôûùœñãõáíóúìòåæø][a-zäöüßéèêëàâçîïôûùœñãõáíóúìòåæø]*(?!\w)")
"""Names have a capital, so a word in small letters with such a sign is one of the language."""
_QUOTED = re.compile(r"""STOP_WORDS\s*=\s*set\(\s*\"{3}(.*?)\"{3}""", re.DOTALL)


@functools.cache
def everyday_words() -> frozenset[str]:
    """Words of the six languages, in small letters, that are no names of people."""
    found = {word for language in _LANGUAGES for word in _stop_words(language)} | set(_MORE)
    names = listed_names() | names_that_are_words()
    return frozenset(word for word in found if word not in _SHORT_NAMES and not (len(word) >= 4 and word in names))


@functools.cache
def _telling_words() -> frozenset[str]:
    """Those that hardly any English sentence holds."""
    words = everyday_words()
    return frozenset(word for word in words if len(word) >= 2 and not is_dictionary_word(word)) | (words & _SMALL)


def is_everyday(word: str) -> bool:
    """Whether `word` is an everyday word of one of the six languages, in any case of letters."""
    low = word.casefold().replace("’", "'")
    words = everyday_words()
    return low in words or (
        ("-" in low or "'" in low) and all(part in words for part in re.split(r"['\-]", low) if part)
    )


@functools.lru_cache(maxsize=256)
def is_foreign_text(text: str) -> bool:
    """Whether a text is written in one of the six languages rather than in English."""
    words = _WORDS.findall(text[:2000].casefold())
    telling = _telling_words()
    foreign = sum(word in telling for word in words) + len(_ACCENTED.findall(text[:2000]))
    if foreign < 2 and not (foreign and len(words) <= 4):
        return False
    everyday = everyday_words()
    return foreign >= sum(is_common(word) and word not in everyday for word in words)


@functools.lru_cache(maxsize=256)
def has_capital_nouns(text: str) -> bool:
    """Whether a text is German, whose nouns all have a capital."""
    german = frozenset(_stop_words_of("de"))
    words = [word.casefold() for word in _WORDS.findall(text[:2000])]
    others = everyday_words() - german
    return sum(word in german for word in words) > sum(word in others for word in words)


@functools.cache
def _stop_words_of(language: str) -> frozenset[str]:
    return frozenset(_stop_words(language))


def _stop_words(language: str) -> list[str]:
    found = importlib.util.find_spec("spacy")
    if found is None or found.origin is None:
        return []
    path = Path(found.origin).parent / "lang" / language / "stop_words.py"
    match = _QUOTED.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    return match.group(1).split() if match else []


def undeclined(word: str) -> tuple[str, ...]:
    """What a name in Cyrillic letters may be called where it stands in another case: "Лене", "Иваном"."""
    stem = word[:-1]
    longer = (word[:-2],) if word.endswith(("ом", "ем", "ой", "ей", "ою")) else ()
    if word[-1] not in "аеиойуыюя" and not longer:
        return ()
    return (
        stem,
        f"{stem}а",
        f"{stem}я",
        f"{stem}й",
        *longer,
        *(f"{one}а" for one in longer),
        *(f"{one}я" for one in longer),
    )
