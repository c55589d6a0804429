"""How much may be asked: counted in this process, or by Redis across several."""

from __future__ import annotations

import pytest
from limits import RateLimitItemPerMinute

from bot.settings import settings
from bot.web.rate_limits import Limiter, TooFast
from tests.databases import RedisServer

LIMIT = RateLimitItemPerMinute(3)


@pytest.mark.parametrize("where", ["process", "redis"])
async def test_too_much_in_a_minute_is_refused_with_the_time_to_wait(
    where: str, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "redis", redis.url if where == "redis" else "")
    limiter = Limiter()
    for _ in range(3):
        await limiter.count(LIMIT, "a")
    await limiter.count(LIMIT, "b")
    with pytest.raises(TooFast) as refused:
        await limiter.count(LIMIT, "a")
    assert 1 <= refused.value.seconds <= 60


async def test_several_servers_count_together(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "redis", redis.url)
    one, other = Limiter(), Limiter()
    for limiter in (one, other, one):
        await limiter.count(LIMIT, "both")
    with pytest.raises(TooFast):
        await other.count(LIMIT, "both")


async def test_visitors_are_not_turned_away_because_redis_is_down(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "redis", redis.url)
    limiter = Limiter()
    redis.fail()
    try:
        for _ in range(3):
            await limiter.count(LIMIT, "down")
        with pytest.raises(TooFast):
            await limiter.count(LIMIT, "down")
    finally:
        redis.come_back()
