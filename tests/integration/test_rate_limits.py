"""How much may be asked: counted in this process, or by Redis across several."""

from __future__ import annotations

import pytest
from limits import RateLimitItemPerMinute

from bot.errors import RateLimitError
from bot.web.rate_limits import RateLimiter
from tests.support.databases import RedisServer

LIMIT = RateLimitItemPerMinute(3)


@pytest.mark.parametrize("where", ["process", "redis"])
async def test_too_much_in_a_minute_is_refused_with_the_time_to_wait(where: str, redis: RedisServer) -> None:
    limiter = RateLimiter(redis.url if where == "redis" else "")
    for _ in range(3):
        await limiter.hit(LIMIT, "a")
    await limiter.hit(LIMIT, "b")
    with pytest.raises(RateLimitError) as refused:
        await limiter.hit(LIMIT, "a")
    assert 1 <= refused.value.seconds <= 60


async def test_several_servers_count_together(redis: RedisServer) -> None:
    one, other = RateLimiter(redis.url), RateLimiter(redis.url)
    for limiter in (one, other, one):
        await limiter.hit(LIMIT, "both")
    with pytest.raises(RateLimitError):
        await other.hit(LIMIT, "both")


async def test_visitors_are_not_turned_away_because_redis_is_down(
    redis: RedisServer,
) -> None:
    limiter = RateLimiter(redis.url)
    redis.fail()
    try:
        for _ in range(3):
            await limiter.hit(LIMIT, "down")
        with pytest.raises(RateLimitError):
            await limiter.hit(LIMIT, "down")
    finally:
        redis.come_back()
