# ruff: noqa: SIM905 (lists of words read better as text)
"""Words in the place of a name that are nobody: who speaks by role, greetings, the end of a letter, words for kin.

A model that looks for names takes "Fan:" for somebody who speaks, and the "Kram" below a letter for who signs it.
"""

from __future__ import annotations

import re

ROLES = frozenset(
    """me you we user assistant system human ai bot gpt chatgpt model tool function narrator admin moderator mod
    host guest caller agent client customer fan fans coach therapist doctor nurse patient teacher student pupil
    interviewer interviewee journalist journalists reporter flatmate guard announcer presenter operator driver
    waiter cashier seller buyer landlord tenant ghost clerk judge witness member subscriber viewer viewers
    chorus speaker audience support staff receptionist tech technician sender recipient everyone int tutor
    parent carer counsellor officer dispatcher cust companion desk""".split()
)
"""Who speaks, or stands at the start of a line, without being anybody."""
_GREETINGS = frozenset(
    """hello hey hi ahoy aloha hallo hej hejsan servus salut bonjour bonsoir coucou ciao buongiorno buonasera
    hola buenas buenos olá oi merhaba selam namaste konnichiwa ohayo annyeong shalom privet cześć czesc dzień
    dobrý dobry dobar ahoj szia sziasztok xin chào cordialement bisous bises amitiés salutations groet groeten
    groetjes kram kramar mvh vänligen hälsningar hilsen mfg lg gruß grüße grüsse gruss viele liebe schöne
    saludos atentamente abrazo abrazos besos abraço abraços beijo beijos beijinhos atenciosamente saluti baci
    pozdrawiam pozdrowienia dziękuję dziekuje děkuji terveisin üdvözlettel tack takk danke merci grazie gracias
    obrigado obrigada dank bedankt regards cheers thanks cordially sincerely warmly re fwd wg""".split()
)
_KIN = frozenset(
    """mom mum mommy mummy mama mamma mamá mam dad daddy papa papá pappa pops granny grandma grandpa grandad granddad
    gran gramps grampa grandpop grandmother grandfather auntie aunty nana nonna nonno oma opa omi opi abuela abuelo
    abuelita babcia babička dědeček dziadek babushka dedushka yiayia pappou mormor morfar farmor farfar mamaw papaw
    meemaw pawpaw aaji ajji aai amma ammamma ammi abbu bhaiya bhabhi chacha chachu thatha paati halmoni obaachan
    eomma kuya tatay nanay inay itay oppa unnie noona hyung gege jiejie laolao waipo nainai yeye gonggong teyze
    ciocia""".split()
)
"""What kin call somebody: it does not say who it is. "Lola", "Didi" and "Nan" are missing, since they are names too."""
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")  # noqa: RUF001
_COLON = re.compile(r"[ ]?:(?!\d)")
_LINE = re.compile(r"(?:\A|\n|[.!?\]\"”»])[ \t>*•\-]*\Z")


def is_nobody(text: str, start: int, end: int) -> bool:
    """Whether what stands from `start` to `end` greets, signs off, speaks by role or is a word for kin.

    Args:
        text: The text.
        start: Where the supposed name begins, in characters.
        end: Where it ends.
    """
    words = [word.casefold() for word in _WORD.findall(text[start:end])]
    if not words:
        return False
    if all(word in _GREETINGS for word in words) or all(word in _KIN for word in words):
        return True
    opens = _LINE.search(text[max(0, start - 8) : start]) is not None
    return len(words) == 1 and words[0] in ROLES and opens and _COLON.match(text, end) is not None
