r"""The name of a small finite group, found from its multiplication table.

A user who gives generators wants to see at once whether they make the group that was meant. Named are, each
by a property that no other group has:

- every abelian group, as a product of cyclic ones, from the numbers :math:`\#\{g: g^{p^k}=e\}`;
- :math:`D_m` (:math:`m\ge3`): an element :math:`r` of order :math:`m=n/2` and an involution :math:`s` outside
  of its powers with :math:`srs=r^{-1}`;
- :math:`Q_8`: not abelian, order 8, one involution;
- :math:`A_4`: not abelian, order 12, eight elements of order 3; :math:`S_4`: order 24, trivial centre;
- :math:`A_5`: order 60, 24 elements of order 5; :math:`S_5`: order 120, trivial centre, the same 24.

Any other group is called by its order. Source: the lists of groups of these orders, Coxeter and Moser,
Generators and Relations for Discrete Groups (1980), table 1, and Sylow's theorem for the last two.
"""

import numpy as np

from widesym.groups.finite import FiniteGroup


def element_orders(group: FiniteGroup) -> np.ndarray:
    """Return the order of each element, integers ``(n,)``."""
    every = np.arange(group.order)
    orders = np.zeros(group.order, dtype=int)
    power, exponent = every.copy(), 1
    while not orders.all():
        orders[(power == 0) & (orders == 0)] = exponent
        power, exponent = group.table[every, power], exponent + 1
    return orders


def recognised(group: FiniteGroup) -> str:
    """Return the name of a group, such as ``C2 x C4``, ``D4`` or ``S4``; of others what is known of them."""
    n, table, orders = group.order, group.table, element_orders(group)
    if (table == table.T).all():
        return _abelian(orders)
    if _is_dihedral(group, orders):
        return "S3" if n == 6 else f"D{n // 2}"
    trivial_centre = (table == table.T).all(axis=1).sum() == 1
    named = {
        "Q8": n == 8 and (orders == 2).sum() == 1,
        "A4": n == 12 and (orders == 3).sum() == 8,
        "S4": n == 24 and trivial_centre,
        "A5": n == 60 and (orders == 5).sum() == 24,
        "S5": n == 120 and trivial_centre and (orders == 5).sum() == 24,
    }
    return next((name for name, found in named.items() if found), f"non-abelian group of order {n}")


def _abelian(orders: np.ndarray) -> str:
    """Name an abelian group by its invariant factors, each a divisor of the next."""
    n = len(orders)
    if n == 1:
        return "trivial group"
    factors: list[int] = []
    for p in (p for p in range(2, n + 1) if n % p == 0 and all(p % q for q in range(2, p))):
        powers = []  # how many cyclic factors have order at least p^k, for k = 1, 2, ...
        size, k = 1, 1
        while (killed := int((p**k % orders == 0).sum())) > size:
            powers.append(round(np.log(killed / size) / np.log(p)))
            size, k = killed, k + 1
        cyclic = [sum(i < count for count in powers) for i in range(powers[0])]  # exponents, largest first
        factors += [1] * (len(cyclic) - len(factors))
        for i, exponent in enumerate(cyclic):
            factors[i] *= p**exponent
    return " x ".join(f"C{factor}" for factor in sorted(factors))


def _is_dihedral(group: FiniteGroup, orders: np.ndarray) -> bool:
    n, table = group.order, group.table
    if n % 2 or n < 6:
        return False
    for r in np.flatnonzero(orders == n // 2):
        powers = {0}
        g = int(r)
        while g:
            powers.add(g)
            g = int(table[r, g])
        for s in np.flatnonzero(orders == 2):
            if int(s) not in powers:
                # the powers have index 2, so one involution outside of them decides
                if table[table[s, r], s] == group.inverse[r]:
                    return True
                break
    return False
