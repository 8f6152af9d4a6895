"""Age, PaO2/FiO2 and plateau pressure in ARDS (Villar et al., Crit Care Med 2016;44:1361)."""
