"""All that is known of an image, the same whatever it came from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from doctor.image import cuda, distributions, interpreters, serving, system

if TYPE_CHECKING:
    from doctor.image.cuda import Told
    from doctor.image.distributions import CondaPackage, Distribution
    from doctor.image.interpreters import Interpreter
    from doctor.image.serving import Server
    from doctor.image.system import Installed, Libc
    from doctor.image.value import Image


class Facts(NamedTuple):
    """
    What an image holds.

    Args:
        release: of its operating system (os-release).
        system: packages of the operating system.
        unread: package databases that are there and were not read.
        libc: its C library.
        interpreters: its Pythons and virtual environments.
        sites: distributions by the folder that holds them.
        carried: distributions inside others, and second versions in one folder.
        conda: packages that conda installed.
        cuda: versions of CUDA and its libraries, each with the place that tells it.
        servers: serving stacks and toolkits.
        labelled: what the labels of a deep learning container say of it.
    """

    release: Mapping[str, str]
    system: tuple[Installed, ...]
    unread: tuple[str, ...]
    libc: Libc
    interpreters: tuple[Interpreter, ...]
    sites: Mapping[str, Mapping[str, Distribution]]
    carried: tuple[Distribution, ...]
    conda: tuple[CondaPackage, ...]
    cuda: tuple[Told, ...]
    servers: tuple[Server, ...]
    labelled: Mapping[str, str]


def facts(image: Image) -> Facts:
    """Return what an image holds."""
    installed = system.packages(image)
    sites = distributions.sites(image)
    everywhere = [(folder, one) for folder, there in sites.items() for one in there.values()]
    records = distributions.conda(image)
    return Facts(
        system.release(image),
        installed,
        system.unread(image),
        system.libc(image, installed),
        interpreters.interpreters(image, installed),
        sites,
        distributions.carried(image, sites),
        records,
        cuda.told(image, installed, everywhere, records),
        serving.servers(image, installed, everywhere),
        serving.labelled(image),
    )
