"""From blueprint to model: published names, number formats, and layers that are one object where they are equal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..formats import Format
from ..model import Layer
from ..weights import Linear
from .blueprint import Block, Blueprint
from .scheme import Scheme

Names = tuple[tuple[str, str], ...]


def published(name: str, names: Names) -> str:
    """Name of a module as published: the first matching beginning is replaced."""
    for canonical, real in names:
        if name == canonical or name.startswith(f"{canonical}."):
            return real + name[len(canonical) :]
    return name


def renamed(linear: Linear, names: Names) -> Linear:
    """The matrix under its published name."""
    name = published(linear.name, names)
    return linear if name == linear.name else replace(linear, name=name)


def stored_as(linear: Linear, stored: Format) -> Linear:
    """The matrix in its stored format."""
    return linear if stored is linear.stored else replace(linear, stored=stored)


def make_layers(blueprint: Blueprint, scheme: Scheme) -> tuple[Layer, ...]:
    """Layers in order, with each matrix's stored format."""
    named: dict[int, tuple[Linear, ...]] = {}
    made: dict[tuple[object, ...], Layer] = {}
    layers = []
    for index, block in enumerate(blueprint.blocks):
        key = id(block)
        if key not in named:
            named[key] = tuple(renamed(linear, blueprint.names) for linear in block.linears())
        formats = scheme.layer_formats(index, named[key])
        layer = made.get((key, *formats))
        if layer is None:
            weights = tuple(stored_as(w, f) for w, f in zip(named[key], formats, strict=True))
            layer = made[(key, *formats)] = _layer(block, weights)
        layers.append(layer)
    return tuple(layers)


def _layer(block: Block, weights: tuple[Linear, ...]) -> Layer:
    return Layer(block.mixer, block.ffn, weights, block.extra_params())


def make_outside(linears: Iterable[Linear], scheme: Scheme) -> tuple[Linear, ...]:
    """Embeddings and head with their stored formats."""
    return tuple(stored_as(linear, scheme.outside_format(linear)) for linear in linears)
