from statistics import mean

from handover.sim.consumption import ConsumptionProfile

MIDNIGHT = 1_342_483_200.0


def day(profile: ConsumptionProfile, step: int = 60) -> list[float]:
    return [profile.net(MIDNIGHT + second) for second in range(0, 86400, step)]


def test_the_same_seed_gives_the_same_day_in_any_order() -> None:
    forward = day(ConsumptionProfile(7), 600)
    profile = ConsumptionProfile(7)
    backward = [profile.net(MIDNIGHT + second) for second in reversed(range(0, 86400, 600))]
    assert forward == backward[::-1]
    assert forward != day(ConsumptionProfile(8), 600)


def test_a_day_looks_like_a_home() -> None:
    for seed in range(5):
        profile = ConsumptionProfile(seed)
        net = day(profile)
        night, noon, evening = net[60:240], net[690:750], net[1080:1170]
        assert 150 < mean(night) < 1200
        assert mean(noon) < -500, "the roof exports at noon"
        assert mean(evening) > 2 * mean(night)
        assert max(net) < 10_000
        assert len({round(p) for p in net}) > 500, "nothing stands still"


def test_held_back_air_conditioning_draws_less() -> None:
    profile = ConsumptionProfile(3)
    afternoon = [MIDNIGHT + 15 * 3600 + s for s in range(0, 10800, 60)]
    assert (
        mean(profile.load(t, hvac_duty=0.3) for t in afternoon)
        < mean(profile.load(t) for t in afternoon) - 400
    )


def test_no_sun_at_night() -> None:
    profile = ConsumptionProfile(3)
    assert profile.pv(MIDNIGHT + 3600) == 0
    assert 0 <= profile.pv(MIDNIGHT + 13 * 3600) <= profile.pv_peak
