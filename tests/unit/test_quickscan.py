"""The quickscan, shares and sums: what an owner's figures say, and what they don't."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advice import funnel, quickscan, quickscan_outcome, quickscan_results, shares, what_if
from bot.advice.case import Advised, Case, Fact, Problem
from bot.advice.shares import Share
from bot.advice.situation import Situation
from bot.advice.utterance import Utterance
from bot.knowledge import LANGUAGES, Knowledge, Language, load_knowledge
from bot.nlu.figures import FigureFinder, numbers
from bot.presentation import markdown, slack, website
from bot.settings import settings

KNOWLEDGE = load_knowledge(settings().knowledge)
FINDER = FigureFinder(KNOWLEDGE)
SCANS = {kind: scan for scan in KNOWLEDGE.quickscan.values() for kind in scan.business_types}


def utterance(text: str, language: Language = "nl", intent: str = "inform") -> Utterance:
    found = [
        Fact(f.role or "", f.value, f.unit, f.period, f.whole)
        for f in FINDER.find(text, language)  # as actions/turn.py does
    ]
    told = tuple(fact for fact in found if fact.role and fact.unit != "ratio")
    return Utterance(text, intent, facts=told, amounts=tuple(found), numbers=tuple(numbers(text, language)))


def play(kind: str, *said: str, language: Language = "nl") -> Advised:
    """The last answer of a quickscan with these replies."""
    situation = Situation(KNOWLEDGE, language, business_type=kind)
    told = quickscan.start(situation)
    for text in said:
        message = utterance(text, language)
        heard = quickscan.heard(message, replace(situation, case=told.case.with_facts(message.facts)))
        assert heard is not None, f"{text!r} was no answer to the quickscan"
        told = heard
    return told


def text(told: Advised) -> str:
    return markdown.render(told.answer).text


@pytest.mark.parametrize("kind", KNOWLEDGE.business_types)
def test_each_kind_of_business_has_a_quickscan_of_at_most_seven_questions(kind: str) -> None:
    assert 3 <= len(SCANS[kind].questions) <= 7
    asked = {question.figure for question in SCANS[kind].questions}
    needed = {role for stage in SCANS[kind].stages for role in (stage.wide, stage.narrow, stage.share) if role}
    assert needed <= asked


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_known_business_it_asks_for_that_first(language: Language) -> None:
    told = quickscan.start(Situation(KNOWLEDGE, language))
    assert {reply.entities["business_type"] for reply in told.answer.replies} == set(KNOWLEDGE.business_types)


def test_the_leak_is_the_stage_beyond_doubt_below_its_benchmark_with_what_it_costs() -> None:
    told = play("webshop", "ongeveer 9.000", "zo'n 700", "71", "45 euro", "30 procent", "weet ik niet", "35")
    assert "van winkelwagens naar bestellingen" in text(told)
    assert "€ 6.255" in text(told)  # (30 % - 10.14 %) x 700 x 45
    assert told.case.symptom == "carts_not_paid"
    assert [bar.leaks for bar in told.answer.funnel] == [False, False, True]


def test_small_numbers_name_no_leak() -> None:
    told = play("saas", "4000", "80", "4", "49 euro", "4%", "sla over", "85")
    assert "Geen duidelijk lek" in text(told)
    assert not any(bar.leaks for bar in told.answer.funnel)
    assert told.case.symptom is None


def test_without_a_fitting_benchmark_nothing_is_called_a_leak() -> None:
    told = play("b2b", "12", "9", "3", "2500", "weet niet", "0", "40")
    assert "noem ik het geen lek" in text(told)
    assert "opdrachten" in text(told)
    assert "bestellingen" not in text(told)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        (("-5",), "onder nul"),
        (("9000", "700", "800"), "niet meer bestellingen zijn dan winkelwagens"),
        (("99999999999",), "heel groot"),
        (("9000", "700", "71", "45", "130%"), "Meer dan 100%"),
    ],
)
def test_a_figure_that_cannot_be_is_asked_again_and_never_used(said: tuple[str, ...], complaint: str) -> None:
    before = (
        play("webshop", *said[:-1])
        if len(said) > 1
        else quickscan.start(Situation(KNOWLEDGE, "nl", business_type="webshop"))
    )
    told = play("webshop", *said)
    assert complaint in text(told)
    assert told.case.asked == before.case.asked
    assert told.case.facts == before.case.facts


def test_a_figure_may_be_skipped_corrected_or_told_with_its_name() -> None:
    told = play("webshop", "9000 bezoekers", "sla over", "71", "nee, 12.000 bezoekers")
    assert told.case.figure("visitors") == Fact("visitors", 12000, "count")
    assert told.case.figure("carts") is None
    assert "carts" in told.case.skipped
    assert told.case.asked == "order_value"


def test_a_question_in_between_is_left_to_others_and_the_scan_waits() -> None:
    told = play("webshop", "9000")
    question = utterance("wat bedoel je met winkelwagens?")
    assert quickscan.heard(question, Situation(KNOWLEDGE, "nl", business_type="webshop", case=told.case)) is None


def test_enough_gives_the_outcome_so_far() -> None:
    assert "Je trechter" in text(play("webshop", "9000", "sla over", "71", "genoeg"))
    assert "minstens twee" in text(play("webshop", "9000", "genoeg"))


def test_known_figures_are_not_asked_again() -> None:
    case = Case(facts=(Fact("visitors", 9000, "count"), Fact("orders", 71, "count")))
    told = quickscan.start(Situation(KNOWLEDGE, "nl", business_type="webshop", case=case))
    assert told.case.asked == "carts"


def test_figures_of_a_year_and_of_a_month_are_not_mixed() -> None:
    case = Case(facts=(Fact("visitors", 12000, "count", "year"), Fact("orders", 20, "count", "month")))
    found = quickscan_results.results(case, SCANS["webshop"], Situation(KNOWLEDGE, "nl", business_type="webshop"))
    assert [result.share.value for result in found] == [0.02]


def test_words_and_figures_that_disagree_are_both_said() -> None:
    told = play("webshop", "9000", "700", "71", "genoeg")
    situation = Situation(KNOWLEDGE, "nl", business_type="webshop", case=told.case)
    from bot.advice import symptoms

    worded = symptoms.present(KNOWLEDGE.symptoms["one_time_buyers"], situation)
    again = quickscan_outcome.outcome(situation.with_case(worded.case), SCANS["webshop"])
    assert "Klanten kopen één keer" in text(again)
    assert "Winkelwagens worden niet betaald" in text(again)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KNOWLEDGE.business_types)
def test_the_outcome_is_drawn_in_every_channel(kind: str, language: Language) -> None:
    answers = {"percent": "20%", "euro": "40", "count": ""}
    counts = iter(["5000", "400", "40"])
    said = []
    for question in SCANS[kind].questions:
        unit = KNOWLEDGE.figures[question.figure].unit
        said.append(next(counts) if unit == "count" else answers[unit])
    told = play(kind, *said, language=language)
    assert told.answer.funnel
    assert "█" in markdown.render(told.answer).text
    assert any("█" in str(block) for message in slack.render(told.answer, KNOWLEDGE) for block in message.blocks)
    drawn = website.render(told.answer, KNOWLEDGE)["funnel"]
    assert len(drawn["bars"]) == len(told.answer.funnel)
    assert all(bar["name"] in drawn["label"].capitalize() or bar["value"] in drawn["label"] for bar in drawn["bars"])


# --- shares


@given(whole=st.integers(1, 100_000), data=st.data())
def test_the_confidence_interval_has_the_share_and_narrows_with_more_numbers(whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(0, whole))
    low, high = Share(part / whole, part=part, whole=whole).interval() or (0, 0)
    assert 0 <= low <= part / whole + 1e-4
    assert part / whole - 1e-4 <= high <= 1
    wide_low, wide_high = Share(part / whole, part=part * 100, whole=whole * 100).interval() or (0, 0)
    assert wide_high - wide_low <= high - low + 1e-4


@pytest.mark.parametrize(
    ("said", "symptom", "value"),
    [
        ("ongeveer 4 van de 10", "one_time_buyers", 0.4),
        ("van de 20 worden er 2 lid", "trials_not_paid", 0.1),
        ("het zijn er 12 per maand en ik haal er 3 binnen", "quotes_not_signed", 0.25),
        ("14% opent hem", "newsletter_not_read", 0.14),
        ("12 reviews", "few_reviews", None),
    ],
)
def test_a_share_is_heard_however_it_is_told(said: str, symptom: str, value: float | None) -> None:
    from bot.advice.case import Problem

    case = Case().with_problem(Problem(KNOWLEDGE.symptoms[symptom].phase, symptom))
    share = shares.told(utterance(said), Situation(KNOWLEDGE, "nl", case=case))
    assert (share and round(share.value, 4)) == value


def test_one_order_in_200_visitors_is_not_called_low() -> None:
    situation = Situation(KNOWLEDGE, "nl", business_type="webshop")
    few = shares.describe(Share(1 / 200, "conversion_rate", 1, 200), situation)
    many = shares.describe(Share(50 / 10_000, "conversion_rate", 50, 10_000), situation)
    assert "bij zulke kleine aantallen niet te zeggen" in few
    assert "lager dan" not in few
    assert "lager dan gemiddeld" in many


def test_a_monthly_churn_is_told_by_the_year(knowledge: Knowledge) -> None:
    said = shares.verdict(Share(0.04, "churn", period="month"), Situation(knowledge, "nl", business_type="saas"))
    assert "39% per jaar" in said  # 1 - 0.96^12
    assert "rond de vuistregel" in said


def test_a_benchmark_by_the_month_does_not_judge_a_share_of_a_year(knowledge: Knowledge) -> None:
    gym = Situation(knowledge, "nl", business_type="local_shop", case=Case(trade="gym"))
    monthly, yearly = (shares.benchmark(Share(0.3, "churn", period=period), gym) for period in ("month", "year"))
    assert monthly is not None
    assert yearly is None


def test_a_benchmark_of_a_trade_is_for_that_trade_only(knowledge: Knowledge) -> None:
    found = [knowledge.benchmarks_for("churn", "local_shop", trade) for trade in ("gym", "driving_school")]
    assert [len(benchmarks) for benchmarks in found] == [1, 0]


# --- what-if sums

SHOP = Case(
    facts=(
        Fact("visitors", 15_000, "count", "month"),
        Fact("orders", 480, "count"),
        Fact("order_value", 80, "euro"),
        Fact("margin", 30, "percent"),
    )
)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("wat mag een klik kosten?", "€ 0,77"),  # 80 x 30 % x 3.2 %
        ("hoeveel moet ik verkopen om 1500 euro terug te verdienen?", "63 extra"),  # 1500 / 24, rounded up
        ("welke roas heb ik nodig?", "3,3"),  # 1 / 0.30
        ("wat mag een klant kosten?", "€ 24"),
        ("hoeveel orders levert dat op als het 4% wordt?", "ongeveer 600"),
        ("ik wil mijn prijs van 80 naar 88 euro doen, kan dat?", "tot 25% van je klanten"),  # 8 / (0.3 x 80 + 8)
    ],
)
def test_a_sum_with_the_owners_figures(question: str, expected: str) -> None:
    from bot.advice import questions

    situation = Situation(KNOWLEDGE, "nl", business_type="webshop", case=SHOP)
    told = what_if.answer(utterance(question), questions.kind_of(question, situation), situation)
    assert told is not None
    assert expected in text(told)


def test_a_price_rise_without_a_margin_is_reckoned_with_the_smallest_loss() -> None:
    told = what_if.answer(utterance("de knipbeurt van 28 naar 33 euro?"), None, Situation(KNOWLEDGE, "nl"))
    assert told is not None
    assert "18% erbij" in text(told)
    assert "tot 15% van je klanten" in text(told)  # 1 - 28 / 33


@pytest.mark.parametrize("said", ["de prijzen zijn verhoogd", "van 33 naar 28 euro", "van 0 naar 5"])
def test_a_message_without_an_old_and_a_higher_price_asks_no_sum(said: str) -> None:
    assert what_if.answer(utterance(said), None, Situation(KNOWLEDGE, "nl")) is None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["max_click", "max_customer", "break_even", "roas", "orders_at"])
def test_a_sum_without_figures_asks_for_them_and_never_guesses(kind: str, language: Language) -> None:
    told = what_if.answer(Utterance("x"), kind, Situation(KNOWLEDGE, language))
    assert told is not None
    assert told.answer.replies[0].intent == "start_quickscan"


@given(value=st.floats(1, 10_000), margin=st.floats(1, 100), visitors=st.integers(1, 10**6), rate=st.floats(0.0001, 1))
def test_a_click_costs_at_most_what_a_visitor_brings(value: float, margin: float, visitors: int, rate: float) -> None:
    orders = round(visitors * rate)
    facts = (
        Fact("visitors", visitors, "count"),
        Fact("orders", orders, "count"),
        Fact("order_value", value, "euro"),
        Fact("margin", margin, "percent"),
    )
    situation = Situation(KNOWLEDGE, "nl", case=Case(facts=facts))
    profit, conversion = funnel.profit(situation), funnel.conversion(situation)
    assert profit is not None
    assert conversion is not None
    assert profit <= value
    assert profit * conversion.share * visitors == pytest.approx(profit * orders)


# --- what a fresh play of ten trades found


@pytest.mark.parametrize(
    ("trade", "scan"),
    [("hairdresser", "appointment"), ("gym", "lessons"), ("driving_school", "lessons"), ("bakery", "shop")],
)
def test_a_trade_is_asked_for_figures_of_its_own(knowledge: Knowledge, trade: str, scan: str) -> None:
    kind = knowledge.trades[trade].business_type
    situation = Situation(knowledge, "nl", business_type=kind, case=Case(trade=trade))
    assert quickscan.scan_for(situation).id == scan


def test_a_percentage_is_no_amount(knowledge: Knowledge) -> None:
    case = Case(scan="webshop", asked="order_value", skipped=("visitors", "carts", "orders"))
    begun = Situation(knowledge, "nl", business_type="webshop", case=case)
    told = quickscan.heard(Utterance(text="45%", numbers=(45.0,), amounts=(Fact("", 45, "percent"),)), begun)
    assert told is not None
    assert "bedrag in euro" in (told.answer.sections[0].text or "")
    assert told.case.figure("order_value") is None
    assert told.case.asked == "order_value"


def test_hours_are_no_answer_to_the_quickscan(knowledge: Knowledge) -> None:
    begun = Situation(knowledge, "nl", business_type="webshop", case=Case(scan="webshop", asked="margin"))
    plan = Utterance(text="ik heb 2 uur per week", numbers=(2.0,), amounts=(Fact("", 2, "hour", "week"),))
    assert quickscan.heard(plan, begun) is None


def test_no_shows_are_told_in_people_and_euros(knowledge: Knowledge) -> None:
    facts = (
        Fact("visitors", 300, "count"),
        Fact("orders", 210, "count"),
        Fact("no_show_rate", 12, "percent"),
        Fact("order_value", 85, "euro"),
    )
    salon = Situation(knowledge, "en", business_type="local_shop", case=Case(trade="hairdresser", facts=facts))
    said = _sections(salon)
    assert "about 25 a month" in said
    assert "€2,125" in said


def test_no_shows_beyond_the_benchmark_are_the_leak_with_what_mending_it_brings(knowledge: Knowledge) -> None:
    facts = (Fact("orders", 210, "count"), Fact("no_show_rate", 12, "percent"), Fact("order_value", 85, "euro"))
    said = _sections(Situation(knowledge, "en", business_type="health", case=Case(facts=facts)))
    assert "you have 12%, about 7.6% is usual" in said
    assert "about 9 more" in said  # 210 x (12 % - 7.6 %)


def test_a_share_without_benchmark_is_told_beside_what_is_published(knowledge: Knowledge) -> None:
    facts = (Fact("visitors", 3000, "count"), Fact("leads", 25, "count"), Fact("repeat_purchase_rate", 80, "percent"))
    situation = Situation(knowledge, "en", business_type="nonprofit", case=Case(facts=facts))
    answer = quickscan_outcome.outcome(situation, knowledge.quickscan["charity"]).answer
    assert any("46% gave again" in (section.text or "") for section in answer.sections)
    assert "AFP" in (answer.sources or "")


def test_the_outcome_keeps_the_cause_that_was_found(knowledge: Knowledge) -> None:
    case = Case(
        trade="gym",
        facts=(Fact("leads", 40, "count"), Fact("orders", 22, "count"), Fact("churn", 6, "percent", "month")),
        problems=(Problem("care", "cancellations", cause="no_longer_used"),),
    )
    situation = Situation(knowledge, "nl", business_type="local_shop", case=case)
    after = quickscan_outcome.outcome(situation, knowledge.quickscan["lessons"]).case
    assert after.problem is not None
    assert after.problem.cause == "no_longer_used"


def _sections(situation: Situation) -> str:
    answer = quickscan_outcome.outcome(situation, situation.knowledge.quickscan["appointment"]).answer
    return " ".join(section.text or "" for section in answer.sections)


@pytest.mark.parametrize(
    ("margin", "expected"), [("35", "€ 33,25 per stuk over (waarde × marge), dus dat kan uit"), ("8", "leg je op toe")]
)
def test_the_outcome_says_what_an_order_costs_and_leaves(margin: str, expected: str) -> None:
    told = play("webshop", "18.000", "sla over", "140", "95 euro", "sla over", "1.200 euro", margin)
    assert "€ 1.200 aan reclame voor 140 bestellingen is € 8,57 per stuk" in text(told)
    assert expected in text(told)


def test_a_subscription_earns_its_cost_back_by_the_month() -> None:
    told = play("saas", "2100", "60", "9", "49", "4%", "1200", "70%")
    assert "€ 34,30 per maand over, dus dat heb je na 4 maanden terug" in text(told)  # 1200 / 9 / 34.30


def test_an_outcome_without_a_leak_offers_the_problem_of_the_narrowest_stage() -> None:
    told = play("trades", "14", "12", "3", "genoeg")
    assert told.case.symptom is None
    assert told.answer.replies[0].entities["symptom"] == "quotes_not_signed"
    assert [ref.id for ref in told.case.offered] == ["quotes_not_signed"]


def test_a_trade_s_own_word_for_a_customer_counts_the_sales() -> None:
    said = utterance("van de 40 aanvragen worden er 6 leerling")
    assert {fact.role: fact.value for fact in said.counts} == {"leads": 40, "orders": 6}


def test_how_many_customers_pay_the_rent_is_a_sum_of_revenue_until_the_margin_is_known(knowledge: Knowledge) -> None:
    said = utterance("hoeveel klanten heb ik nodig om de huur van 1650 euro te betalen?")
    known = Case(facts=(Fact("order_value", 13, "euro"),))
    told = what_if.answer(said, "break_even", Situation(knowledge, case=known))
    assert told is not None
    assert "€ 1.650 is 127 keer € 13" in text(told)
    with_margin = known.with_facts([Fact("margin", 60, "percent")])
    told = what_if.answer(said, "break_even", Situation(knowledge, case=with_margin))
    assert told is not None
    assert "212" in text(told)  # 1650 / 7.80, rounded up
