"""Exported reports are added up, whatever program wrote them; anything else gets a clear answer."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.knowledge import Knowledge
from bot.reports import MAX_BYTES, ReportError, read

GA4 = """# ----------------------------------------
# Verkeersacquisitie
# 20261001-20261031
# ----------------------------------------

Sessiegroep,Sessies,Toevoegingen aan winkelwagen,E-commerceaankopen,Totale opbrengst
Organic Search,4000,300,40,1800.50
Direct,5000,400,31,1394.50
Eindtotaal,9000,700,71,3195.00
"""
GOOGLE_ADS = (
    "Campagneverslag\n1 oktober 2026 - 31 oktober 2026\n"
    "Campagne\tKlikken\tVertoningen\tKosten\tConversies\n"
    "Lampen\t1.200\t40.500\t€ 812,40\t14,00\n"
    "Merk\t300\t2.100\t€ 45,10\t9,00\n"
    "Totaal: account\t1.500\t42.600\t€ 857,50\t23,00\n"
)
SHOPIFY = (
    "Day,Online store sessions,Sessions with cart additions,Sessions that completed checkout,Total sales\n"
    '2026-10-01,310,22,4,"1,180.00"\n2026-10-02,290,18,3,"920.00"\n'
)
SEARCH_CONSOLE = (
    "Zoekopdracht;Klikken;Vertoningen;CTR;Positie\nlamp kopen;120;4.100;2,9%;8,1\nleeslamp;80;1.900;4,2%;5\n"
)


@pytest.mark.parametrize(
    ("data", "sums"),
    [
        (
            GA4.encode("utf-8-sig"),
            {"visitors": 9000, "carts": 700, "orders": 71, "revenue": 3195, "order_value": 45},
        ),
        (GOOGLE_ADS.encode("utf-16"), {"visitors": 1500, "impressions": 42_600, "budget": 857.5, "orders": 23}),
        (SHOPIFY.encode(), {"visitors": 600, "carts": 40, "orders": 7, "revenue": 2100, "order_value": 300}),
        (SEARCH_CONSOLE.encode("cp1252"), {"visitors": 200, "impressions": 6000}),
    ],
    ids=["Google Analytics 4", "Google Ads", "Shopify", "Search Console"],
)
def test_a_report_is_added_up_without_its_total_row(knowledge: Knowledge, data: bytes, sums: dict[str, float]) -> None:
    report = read(data, knowledge)
    assert {fact.role: fact.value for fact in report.facts} == sums


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "none of the columns"),
        (b"naam,plaats\nJan,Ede\n", "none of the columns"),
        (b"Sessions,Transactions\n", "no rows"),
        (b"PK\x03\x04\0\0\0\0binary", "no text"),
        (b"x" * (MAX_BYTES + 1), "more than 2 MB"),
        (b"Sessions,x\n5,1\n" + b"6,1\n" * 1000 + b"7,\0\n", "no CSV"),
        (b"x" * 200_000, "no CSV"),
    ],
)
def test_another_file_gets_a_clear_answer(knowledge: Knowledge, data: bytes, complaint: str) -> None:
    with pytest.raises(ReportError, match=complaint):
        read(data, knowledge)


def test_the_command_draws_the_funnel(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("reports") / "ga4.csv"
    file.write_text(GA4, encoding="utf-8")
    result = CliRunner().invoke(app, ["quickscan", str(file)])
    assert result.exit_code == 0, result.output
    assert "van winkelwagens naar" in result.output
    assert "regels: 2" in result.output
    assert "9.000 bezoekers" in result.output


def test_the_command_says_what_is_wrong(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("reports") / "names.csv"
    file.write_text("naam,plaats\nJan,Ede\n", encoding="utf-8")
    assert CliRunner().invoke(app, ["quickscan", str(file)]).exit_code == 1
    assert CliRunner().invoke(app, ["quickscan", str(file), "--business", "circus"]).exit_code == 2
